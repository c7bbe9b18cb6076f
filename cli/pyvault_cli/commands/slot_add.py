"""``pyvault vault slot add``: another way to open the vault."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from pyvault.errors import UsageError
from pyvault.vaultfile.newslot import StoreKeySlot
from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.new_slots import key_file_slot, passphrase_slot, recovery_slot, show_recovery_code
from pyvault_cli.options import KdfOption, not_the_key
from pyvault_cli.vault_access import VaultAccess


def slot_add(
    ctx: typer.Context,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="a further passphrase")] = False,
    keyfile: Annotated[
        Path | None,
        typer.Option("--keyfile", metavar="FILE", callback=not_the_key, help="a key file; made if it is missing"),
    ] = None,
    recovery: Annotated[bool, typer.Option("--recovery", help="a recovery code, printed once")] = False,
    store: Annotated[
        str | None, typer.Option("--store", metavar="NAME", help="a random key, kept in this backend")
    ] = None,
    label: Annotated[str | None, typer.Option("--label", metavar="TEXT", help="a name for the list of slots")] = None,
    kdf: KdfOption = None,
) -> None:
    """Add a passphrase, a key file, a recovery code, or a key that another backend keeps."""
    if sum((passphrase, keyfile is not None, recovery, store is not None)) != 1:
        raise UsageError("one of --passphrase, --keyfile, --recovery and --store says what to add")
    context = context_of(ctx)
    access = VaultAccess(context)
    policy = access.policy(kdf)
    with access.open() as vault:
        context.ask.renewing = True
        if keyfile is not None:
            slot_id = vault.add_slot(key_file_slot(keyfile, make=True, label=label))
        elif recovery:
            slot, code = recovery_slot(policy)
            slot_id = vault.add_slot(slot)
            show_recovery_code(code)
        elif store is not None:
            with closing(context.open_store_keys(store)) as keys:
                slot_id = vault.add_slot(StoreKeySlot(keep=keys.keep, label=label or store))
            console.hint(f'it is used with unlock_store = "{store}" in the section [backend.file] of config.toml')
        else:
            slot_id = vault.add_slot(passphrase_slot(context, access, policy, label))
    console.note(f"Added the slot {slot_id.hex()}.")
