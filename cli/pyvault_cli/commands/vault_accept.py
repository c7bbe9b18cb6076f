"""``pyvault vault accept``: trust the vault as it is."""

from __future__ import annotations

import typer

from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.vault_access import VaultAccess


def vault_accept(ctx: typer.Context) -> None:
    """Trust the vault file as it is now, although it is not what was seen here last."""
    from pyvault.vaultfile.vault import Vault

    access = VaultAccess(context_of(ctx))
    access.check_not_lost()
    with Vault.open(access.path, access.sources(), options=access.options) as vault:
        access.trust.accept(vault.seen)
        console.note(f"Accepted '{access.path}': vault {vault.vault_id.hex()}, generation {vault.generation}.")
        console.note(f"The fingerprint of its key is {vault.fingerprint.hex()}.")
