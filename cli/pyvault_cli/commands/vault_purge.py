"""``pyvault vault purge``: delete the backups."""

from __future__ import annotations

import typer

from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.counts import counted
from pyvault_cli.options import YesOption
from pyvault_cli.vault_access import VaultAccess


def vault_purge(ctx: typer.Context, yes: YesOption = False) -> None:
    """Delete the backups: they still hold removed secrets and removed slots."""
    from pyvault.vaultfile.backups import delete_backups
    from pyvault.vaultfile.handle import lock

    context = context_of(ctx)
    access = VaultAccess(context)
    if not yes:
        context.ask.confirm(f"Delete all backups of '{access.path}'?", option="--yes")
    with lock(access.path, access.options):
        count = delete_backups(access.path)
    console.note(f"Deleted {counted(count, 'backup')}.")
