"""``pyvault vault slot add``: another way to open the vault."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyvault.errors import UsageError
from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.new_slots import key_file_slot, passphrase_slot, recovery_slot, show_recovery_code
from pyvault_cli.options import KdfOption
from pyvault_cli.vault_access import VaultAccess


def slot_add(
    ctx: typer.Context,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="a further passphrase")] = False,
    keyfile: Annotated[Path | None, typer.Option("--keyfile", help="a key file; made if it is missing")] = None,
    recovery: Annotated[bool, typer.Option("--recovery", help="a recovery code, printed once")] = False,
    label: Annotated[str | None, typer.Option("--label", help="a name for the list of slots")] = None,
    kdf: KdfOption = None,
) -> None:
    """Add a passphrase, a key file or a recovery code."""
    if sum((passphrase, keyfile is not None, recovery)) != 1:
        raise UsageError("one of --passphrase, --keyfile and --recovery says what to add")
    context = context_of(ctx)
    access = VaultAccess(context)
    with access.open() as vault:
        context.ask.renewing = True
        if keyfile is not None:
            slot_id = vault.add_slot(key_file_slot(keyfile, make=True, label=label))
        elif recovery:
            slot, code = recovery_slot(access, kdf)
            slot_id = vault.add_slot(slot)
            show_recovery_code(code)
        else:
            slot_id = vault.add_slot(passphrase_slot(context, access, kdf, label))
    console.note(f"Added the slot {slot_id.hex()}.")
