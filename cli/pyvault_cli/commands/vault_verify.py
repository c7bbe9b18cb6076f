"""``pyvault vault verify``: read everything, and name what is damaged."""

from __future__ import annotations

import typer

from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.vault_access import VaultAccess


def vault_verify(ctx: typer.Context) -> None:
    """Read and open every byte of the vault; exit code 7 and the names of what is damaged."""
    access = VaultAccess(context_of(ctx))
    with access.open() as vault:
        count = vault.verify()
        console.out(f"'{access.path}' is intact: generation {vault.generation}, {count} entries")
