"""``pyvault vault passwd``: change the passphrase."""

from __future__ import annotations

import typer

from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.new_slots import passphrase_slot
from pyvault_cli.options import KdfOption
from pyvault_cli.vault_access import VaultAccess


def vault_passwd(ctx: typer.Context, kdf: KdfOption = None) -> None:
    """Put a new passphrase in the place of the one that opened the vault, and delete the backups."""
    context = context_of(ctx)
    access = VaultAccess(context)
    policy = access.policy(kdf)
    with access.open() as vault:
        context.ask.renewing = True
        vault.change_passphrase(passphrase_slot(context, access, policy))
    console.note("Changed the passphrase, and deleted the backups: the old one opened them.")
    console.hint("who knows the old one and has a copy of the file is locked out by pyvault vault rekey only")
