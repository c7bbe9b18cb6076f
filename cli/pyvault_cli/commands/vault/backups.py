"""``pyvault vault backups``, ``restore`` and ``purge``: the earlier states beside the vault."""

from __future__ import annotations

from typing import Annotated

from pyvault.clock import from_epoch, to_rfc3339
from pyvault_cli.commandline.parameters import Argument
from pyvault_cli.commandline.shared_options import JsonOption, YesOption
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted
from pyvault_cli.terminal.table import aligned
from pyvault_cli.vaults.vault_access import VaultAccess


def vault_backups(context: Context, json: JsonOption = False) -> None:
    """List the backups, the newest first; opens nothing."""
    access = VaultAccess(context)
    backups = access.place.backups(access.options.checks)
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
        output.data(dumps({"v": 1, "backups": shown}, indent=2) + "\n")
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
    output.data(aligned([("number", "generation", "size", "modified", "vault"), *rows], width=output.columns()))


def vault_restore(
    context: Context,
    number: Annotated[int, Argument(help="as vault backups shows it; 1 is the newest", show_default=False)],
) -> None:
    """Write the content of backup NUMBER as a new generation; the present state becomes a backup."""
    from pyvault.vaultfile.vault import Vault

    access = VaultAccess(context)
    with Vault.restore(access.place, number, access.sources(), trust=access.trust, options=access.options) as vault:
        output.note(f"Restored backup {number} as generation {vault.generation}.")


def vault_purge(context: Context, yes: YesOption = False) -> None:
    """Delete the backups: they still hold removed secrets and removed slots."""
    access = VaultAccess(context)
    if not yes:
        context.ask.confirm(f"Delete all backups of '{access.place}'?", option="--yes")
    with access.place.lock(access.options):
        count = access.place.delete_backups()
    output.note(f"Deleted {counted(count, 'backup')}.")
