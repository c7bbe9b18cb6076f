"""``pyvault vault restore``: bring back a backup."""

from __future__ import annotations

from typing import Annotated

import typer

from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.vault_access import VaultAccess


def vault_restore(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="as vault backups shows it; 1 is the newest", show_default=False)],
) -> None:
    """Write the content of backup NUMBER as a new generation; the present state becomes a backup."""
    from pyvault.vaultfile.vault import Vault

    access = VaultAccess(context_of(ctx))
    with Vault.restore(access.path, number, access.sources(), trust=access.trust, options=access.options) as vault:
        console.note(f"Restored backup {number} as generation {vault.generation}.")
