"""New ways to open a vault, from what the command line and the human give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli import console

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.secret import Secret
    from pyvault.vaultfile.kdf import KdfPolicy
    from pyvault.vaultfile.newslot import KeyFileSlot, PassphraseSlot, RecoverySlot
    from pyvault_cli.context import Context
    from pyvault_cli.vault_access import VaultAccess


def passphrase_slot(context: Context, access: VaultAccess, kdf: KdfPolicy, label: str | None = None) -> PassphraseSlot:
    """Ask for a new passphrase, and choose what guessing it costs."""
    from pyvault.vaultfile.kdf import choose_cost
    from pyvault.vaultfile.newslot import PassphraseSlot
    from pyvault.vaultfile.passphrase import outer_blanks

    passphrase = context.ask.new_passphrase(f"new passphrase for '{access.path}'")
    if blanks := outer_blanks(passphrase):
        console.warn(blanks)
    return PassphraseSlot(passphrase=passphrase, cost=choose_cost(kdf), label=label)


def key_file_slot(path: Path, *, make: bool, label: str | None = None) -> KeyFileSlot:
    """Use a key file.

    Args:
        path: of the key file.
        make: make it if it is missing; never overwrites one.
        label: for the list of slots.
    """
    from pyvault.vaultfile.keyfile import create_key_file, how_to_make, read_key_file
    from pyvault.vaultfile.newslot import KeyFileSlot

    if make and not path.exists():
        key = create_key_file(path)
        console.note(f"Made the key file '{path}'. Whoever can read it can open the vault.")
    else:
        key = read_key_file(path, missing_hint=how_to_make(path))
    return KeyFileSlot(key=key, label=label)


def recovery_slot(kdf: KdfPolicy) -> tuple[RecoverySlot, Secret[str]]:
    """Choose a recovery code; gives the slot, and the code in groups as it is to be shown."""
    from pyvault.vaultfile.kdf import choose_cost
    from pyvault.vaultfile.newslot import RecoverySlot
    from pyvault.vaultfile.recovery import grouped, new_recovery_code

    code = new_recovery_code()
    return RecoverySlot(code=code, cost=choose_cost(kdf)), grouped(code)


def show_recovery_code(code: Secret[str]) -> None:
    """Show a recovery code: on stdout, because it was asked for."""
    console.note("This recovery code opens the vault. Write it down; it is shown this once:")
    console.data(code.reveal() + "\n")
