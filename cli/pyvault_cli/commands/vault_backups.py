"""``pyvault vault backups``: the earlier states beside the vault."""

from __future__ import annotations

import typer

from pyvault.clock import from_epoch, to_rfc3339
from pyvault.vaultfile.backups import list_backups
from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.options import JsonOption
from pyvault_cli.table import aligned
from pyvault_cli.vault_access import VaultAccess


def vault_backups(ctx: typer.Context, json: JsonOption = False) -> None:
    """List the backups, the newest first; opens nothing."""
    access = VaultAccess(context_of(ctx))
    backups = list_backups(access.path, access.options.checks)
    if json:
        from json import dumps

        shown = [
            {
                "number": backup.number,
                "path": str(backup.path),
                "vault_id": backup.vault_id.hex() if backup.vault_id else None,
                "generation": backup.generation,
                "size": backup.size,
                "modified": to_rfc3339(from_epoch(backup.modified)),
            }
            for backup in backups
        ]
        console.data(dumps({"v": 1, "backups": shown}, indent=2) + "\n")
        return
    rows = [
        (
            str(backup.number),
            "unreadable" if backup.generation is None else str(backup.generation),
            str(backup.size),
            to_rfc3339(from_epoch(backup.modified)),
            backup.vault_id.hex() if backup.vault_id else "-",
        )
        for backup in backups
    ]
    console.data(aligned([("number", "generation", "size", "modified", "vault"), *rows]))
