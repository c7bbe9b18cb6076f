"""``pyvault migrate``: move stored keys from one backend to another."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from pyvault.errors import UsageError
from pyvault.moving.migrate import Terms
from pyvault_cli import options
from pyvault_cli.context import context_of
from pyvault_cli.moving import OverwriteOption, move_and_tell


def migrate(
    ctx: typer.Context,
    source: Annotated[str, typer.Option("--from", metavar="NAME", help="where they are", show_default=False)],
    target: Annotated[str, typer.Option("--to", metavar="NAME", help="where they go", show_default=False)],
    profile: options.OnlyProfilesOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    overwrite: OverwriteOption = False,
    delete_source: Annotated[
        bool, typer.Option("--delete-source", help="delete each key there, once its copy was read back and compared")
    ] = False,
) -> None:
    """Copy stored keys and their MFA devices, read back, compare; a second run goes on where the first one stopped."""
    context = context_of(ctx)
    if source == target:
        raise UsageError("--from and --to name the same backend")
    terms = Terms(overwrite=overwrite, delete_source=delete_source, dry_run=dry_run)
    with closing(context.open_store(source)) as old, closing(context.open_store(target)) as new:
        move_and_tell(old, new, profile or (), terms)
