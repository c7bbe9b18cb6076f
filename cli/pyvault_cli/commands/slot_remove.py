"""``pyvault vault slot remove``: take a way to open the vault away."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from pyvault.errors import UsageError
from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.options import YesOption
from pyvault_cli.vault_access import VaultAccess


def slot_remove(
    ctx: typer.Context,
    slot: Annotated[str, typer.Argument(help="the slot's id, as slot list shows it", show_default=False)],
    yes: YesOption = False,
) -> None:
    """Remove a key slot, and delete the backups, which still have it."""
    context = context_of(ctx)
    try:
        slot_id = bytes.fromhex(slot)
    except ValueError:
        raise UsageError(f"'{slot}' is not the id of a slot", hint="pyvault vault slot list shows them") from None
    if not yes:
        context.ask.confirm(f"Remove the slot {slot_id.hex()} and all backups?", option="--yes")
    access = VaultAccess(context)
    with access.open() as vault:
        vault.remove_slot(slot_id)
        vault_id = vault.vault_id
    if access.settings.unlock_store:
        with closing(context.open_store_keys(access.settings.unlock_store)) as keys:
            keys.drop(vault_id, slot_id)  # after the slot: a key without a slot harms nobody, the reverse locks out
    console.note("Removed the slot, and deleted the backups: it opened them.")
    console.hint("who had its secret and has a copy of the file is locked out by pyvault vault rekey only")
