"""``pyvault vault export`` and ``import``: the stored keys on their way to another machine."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pyvault.errors import UsageError
from pyvault.migration.between_stores import MigrationOptions
from pyvault.record import replace
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Argument, Option
from pyvault_cli.context import Context
from pyvault_cli.stores.migration_report import OverwriteOption, move_and_report
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from pyvault.backend import Question
    from pyvault.secret import Secret
    from pyvault_cli.context import Context


class To(StrEnum):
    """What opens the new file."""

    KEYFILE = "keyfile"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word of the command line


def vault_export(
    context: Context,
    file: Annotated[Path, Argument(help="the new vault file", show_default=False)],
    to: Annotated[To, Option("--to", help="what opens it", show_default=False)],
    keyfile: Annotated[
        Path | None,
        Option(
            "--keyfile",
            metavar="FILE",
            callback=shared_options.not_the_key,
            help="with --to keyfile: FILE.key by default",
        ),
    ] = None,
    profile: shared_options.OnlyProfilesOption = None,
) -> None:
    """Copy stored keys and their MFA devices into a new encrypted FILE that a key file or passphrase opens."""
    from pyvault.migration.vault_export import NewVaultFile
    from pyvault.storage.registry import open_backend
    from pyvault.storage.typed_store import CredentialStore
    from pyvault.vaultfile.state.trust_store import TrustStore

    if str(file).lower().startswith("s3:"):
        raise UsageError(
            "vault export writes a file of this machine",
            hint="pyvault vault init makes a vault in S3, and pyvault vault import FILE brings the keys there",
        )
    if keyfile is not None and to is not To.KEYFILE:
        raise UsageError("--keyfile needs --to keyfile")
    key = None if to is not To.KEYFILE else keyfile or file.with_name(f"{file.name}.key")
    source = context.store
    context.ask.renewing = True  # its passphrase is a new one, whatever opens our own vault

    def ask(question: Question) -> Secret[str]:  # it grows under another name, which says nothing to a person
        return context.ask(replace(question, prompt=f"new passphrase for '{file}'"))

    checks = context.file_checks
    with NewVaultFile(file, key, TrustStore(context.paths.trust, checks=checks), checks=checks) as new:

        def publish() -> None:
            new.publish()
            if key is not None:
                output.note(
                    f"Made the key file '{key}'. Whoever can read both files has the keys: send them separately."
                )
            output.note(f"Wrote '{file}'; 'pyvault vault import' takes the keys out of it.")

        ours = context.options_of("file")
        wishes = {key: ours[key] for key in ("kdf", "weak_passphrase") if key in ours}
        with closing(CredentialStore(open_backend("file", new.options | wishes, ask, warn=output.warn))) as target:
            move_and_report(source, target, profile or (), MigrationOptions(), record=publish)


def vault_import(
    context: Context,
    file: Annotated[str, Argument(metavar="FILE", help="the vault file, or s3://BUCKET/KEY", show_default=False)],
    keyfile: Annotated[
        Path | None,
        Option("--keyfile", metavar="FILE", callback=shared_options.not_the_key, help="the key file that opens it"),
    ] = None,
    passphrase_file: Annotated[
        Path | None, Option("--passphrase-file", metavar="FILE", help="a file with the passphrase that opens it")
    ] = None,
    profile: shared_options.OnlyProfilesOption = None,
    dry_run: Annotated[bool, Option("--dry-run", help="only show what would be done")] = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Store the keys and MFA devices that are in FILE; another state of this very vault is merged entry by entry.

    FILE stays as it is.
    """
    from pyvault.migration.vault_import import AnotherVault, check_unlockable
    from pyvault.storage.typed_store import CredentialStore
    from pyvault.vaultfile.disk.local_place import LocalPlace
    from pyvault.vaultfile.file_options import VaultSettings
    from pyvault_cli.vaults.merge_report import find_same_vault, merge_and_tell

    options = _options_of(file, context)
    place = VaultSettings.parse(options, context.environ).place
    source_file = Path(file) if isinstance(place, LocalPlace) else place
    if not context.file_checks.modes:
        options["insecure_directory"] = "true"
    if keyfile is not None:
        options["keyfile"] = str(keyfile)
    if passphrase_file is not None:
        options["passphrase_file"] = str(passphrase_file)
    # The variables and descriptors are those of our own vault; this one's passphrase is typed.
    ask = context.ask.for_another_vault()
    same = find_same_vault(context, source_file)
    if same is not None and not profile:
        merge_and_tell(same, source_file, options, ask, overwrite=overwrite, dry_run=dry_run)
        return
    check_unlockable(source_file, keyfile=keyfile, passphrase_file=passphrase_file, checks=context.file_checks)
    with closing(CredentialStore(AnotherVault(VaultSettings.parse(options, context.environ), ask))) as source:
        migration = MigrationOptions(overwrite=overwrite, dry_run=dry_run)
        move_and_report(source, context.store, profile or (), migration, record=context.keep_choice)


def _options_of(file: str, context: Context) -> dict[str, str]:
    """Return the options of the backend that open another vault; one in S3 is reached as ours is."""
    from pyvault.vaultfile.file_options import S3_OPTIONS, S3_SCHEME

    if file[: len(S3_SCHEME)].lower() != S3_SCHEME:
        return {"path": str(Path(file).absolute())}
    ours = context.options_of("file")
    return {"path": file, **{key: ours[key] for key in S3_OPTIONS if key in ours}}
