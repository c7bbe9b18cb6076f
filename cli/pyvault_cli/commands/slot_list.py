"""``pyvault vault slot list``: the ways to open the vault."""

from __future__ import annotations

import typer

from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.options import JsonOption
from pyvault_cli.slot_table import slot_as_json, slot_as_text
from pyvault_cli.vault_access import VaultAccess


def slot_list(ctx: typer.Context, json: JsonOption = False) -> None:
    """List the key slots with their labels; ``vault info`` shows them without a key."""
    with VaultAccess(context_of(ctx)).open() as vault:
        slots = vault.slots()
    if json:
        from json import dumps

        console.data(dumps({"v": 1, "slots": [slot_as_json(slot) for slot in slots]}, indent=2) + "\n")
        return
    for slot in slots:
        console.out(slot_as_text(slot))
