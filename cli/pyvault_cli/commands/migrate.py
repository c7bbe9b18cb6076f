"""``pyvault migrate``: move stored keys from one backend to another."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pyvault.errors import PyvaultError, UsageError
from pyvault.migration.between_stores import MigrationOptions
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.stores.migration_report import OverwriteOption, move_and_report
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.storage.backend_choice import Choice
    from pyvault_cli.context import Context


def migrate(
    context: Context,
    source: Annotated[str, Option("--from", metavar="NAME", help="the backend they are in", show_default=False)],
    target: Annotated[str, Option("--to", metavar="NAME", help="the backend they go to", show_default=False)],
    profile: shared_options.OnlyProfilesOption = None,
    dry_run: Annotated[bool, Option("--dry-run", help="only show what would be done")] = False,
    overwrite: OverwriteOption = False,
    delete_source: Annotated[
        bool,
        Option("--delete-source", help="delete each source key once its copy was read back and compared"),
    ] = False,
) -> None:
    """Copy stored keys and their MFA devices, read back, compare; a second run goes on where the first one stopped."""
    if source == target:
        hint = "between two vault files, or a file and a bucket: pyvault vault import" if source == "file" else None
        raise UsageError("--from and --to name the same backend", hint=hint)
    options = MigrationOptions(overwrite=overwrite, delete_source=delete_source, dry_run=dry_run)
    with closing(context.open_store(source)) as old, closing(context.open_store(target)) as new:
        hint_at_default = partial(_hint_at_default, context, source, target)
        move_and_report(old, new, profile or (), options, record=hint_at_default if delete_source else lambda: None)


def _hint_at_default(context: Context, source: str, target: str) -> None:
    """Hint how the target becomes the default if the source still is, which has the keys no longer."""
    try:
        with context.without_flags(lambda option, _: option == "--backend") as ordinary:
            choice = ordinary.choice
    except PyvaultError:  # a choice that can't be read; the migration is done, and the next command tells
        return
    if choice.name == source:
        output.hint(how_to_change(choice, target, context.paths.config_file))


def how_to_change(choice: Choice, target: str, config_file: Path) -> str:
    """Return the advice for a default that is not the target yet."""
    from pyvault.storage.backend_choice import Origin

    setting = f"[backend] name = \"{target}\" in '{config_file}'"
    match choice.origin:
        case Origin.ENVIRONMENT | Origin.AWS_VAULT:
            reason, remedy = f"{choice.origin} names it", f"PYVAULT_BACKEND={target} changes that"
        case Origin.CONFIG:
            reason, remedy = "the config file names it", f"{setting} changes that"
        case Origin.RECORDED:
            reason, remedy = "the first key went there", f"{setting} takes precedence"
        case _:  # what choice.json will say
            reason, remedy = "it was chosen automatically", f"{setting} takes precedence"
    return f"without --backend, commands still use '{choice.name}': {reason}; {remedy}"
