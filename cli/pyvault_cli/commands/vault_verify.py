"""``pyvault vault verify``: read everything, and name what is damaged."""

from __future__ import annotations

import typer

from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.counts import counted
from pyvault_cli.options import JsonOption
from pyvault_cli.vault_access import VaultAccess


def vault_verify(ctx: typer.Context, json: JsonOption = False) -> None:
    """Read and open every byte of the vault; exit code 7 and the names of what is damaged."""
    access = VaultAccess(context_of(ctx))
    with access.open() as vault:
        count = vault.verify()
        known: dict[str, str | int] = {
            "path": str(access.path),
            "vault_id": vault.vault_id.hex(),
            "fingerprint": vault.fingerprint.hex(),
            "generation": vault.generation,
            "key_epoch": vault.key_epoch,
            "entries": count,
        }
    if json:
        from json import dumps

        console.data(dumps({"v": 1, **known, "verified": True}, indent=2) + "\n")
        return
    console.out(f"'{access.path}' is intact: generation {known['generation']}, {counted(count, 'entry', 'entries')}")
    console.out(f"vault id {known['vault_id']}, fingerprint {known['fingerprint']}")
