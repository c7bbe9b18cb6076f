"""``pyvault import credentials-file``: take over the keys stored in plain text in ``~/.aws/credentials``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pyvault.config.config_file import find_credentials_path
from pyvault.errors import ProfileNotFoundError
from pyvault.migration.between_stores import VERIFIED, WOULD_BE_VERIFIED, MigrationOptions, MigrationResult
from pyvault.migration.credentials_file import backup_path, read_credentials_file, remove_pairs
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.stores.migration_report import OverwriteOption, move_and_report
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def import_credentials_file(
    context: Context,
    profile: shared_options.OnlyProfilesOption = None,
    remove: Annotated[bool, Option("--remove", help="remove them from the file once they are stored")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="only show what would be done")] = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Store the access keys of ~/.aws/credentials (AWS_SHARED_CREDENTIALS_FILE); temporary ones stay there.

    Settings beside them (region, mfa_serial, ...) are appended to the AWS config
    file, for profiles that have no section in it; what is left is named.
    """
    from pyvault.migration.credentials_file import ClearKeys
    from pyvault.storage.typed_store import CredentialStore

    path = find_credentials_path(context.environ)
    found = read_credentials_file(path)
    for name in found.left:
        output.note(f"Left '{name}': it has no static access key.")
    for name in found.repeated:
        output.note(f"Left '{name}': its keys are there more than once; remove those that are not in use.")
    if not (found.pairs or found.unusable):
        copy = backup_path(path)  # what stays of a removal that was killed at its very end
        hint = f"'{copy}' is how it was; delete it when its keys are stored" if copy.exists() else None
        raise ProfileNotFoundError(f"there are no access keys in '{path}'", hint=hint)
    source = CredentialStore(ClearKeys(found.pairs, found.unusable))
    options = MigrationOptions(overwrite=overwrite, dry_run=dry_run)

    def then(done: list[MigrationResult]) -> None:
        stored = [result.profile for result in done if result.outcome in (WOULD_BE_VERIFIED if dry_run else VERIFIED)]
        if not stored:
            return
        _take_settings_along(context, path, stored, dry_run=dry_run)
        keys = f"the keys of {counted(len(stored), 'profile')} from '{path}'"
        if remove and dry_run:
            output.note(f"Would remove {keys}.")
        elif remove:
            remove_pairs(path, stored)
            output.note(f"Removed {keys}.")
        elif not dry_run:
            output.hint(f"the keys are still stored in plain text in '{path}'; --remove takes them out")

    move_and_report(source, context.store, profile or (), options, record=context.keep_choice, then=then)


def _take_settings_along(context: Context, path: Path, profiles: Iterable[str], *, dry_run: bool) -> None:
    """Append what stands beside the keys to the AWS config file, and name what does not go there."""
    from pyvault.config.append import append_profile
    from pyvault.config.config_file import ConfigFile
    from pyvault.migration.credentials_file import settings_beside

    data, config = ConfigFile.load(path).data, context.aws_config
    for profile in profiles:
        found = settings_beside(data, path, config, profile)
        if found.settings:
            if not dry_run:
                config = append_profile(config, profile, found.settings)
            done = "Would add" if dry_run else "Added"
            output.note(f"{done} {', '.join(found.settings)} of '{profile}' to '{config.path}'.")
        for reason, keys in found.left.items():
            output.note(f"Left {', '.join(keys)} of '{profile}' in '{path}': {reason}.")
