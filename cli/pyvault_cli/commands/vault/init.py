"""``pyvault vault init``: make a new vault."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pyvault.errors import UsageError
from pyvault.record import replace
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot, NewSlot
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.commandline.shared_options import KdfOption, not_the_key
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.vaults.slot_options import key_file_slot, passphrase_slot, recovery_slot, show_recovery_code
from pyvault_cli.vaults.vault_access import VaultAccess


def vault_init(
    context: Context,
    kdf: KdfOption = None,
    keyfile: Annotated[
        Path | None,
        Option("--keyfile", metavar="FILE", callback=not_the_key, help="open by this key file; made if missing"),
    ] = None,
    recovery: Annotated[bool, Option("--recovery", help="print a recovery code, once")] = False,
) -> None:
    """Make an empty vault; the passphrase is typed twice."""
    from pyvault.vaultfile.vault import Vault

    access = VaultAccess(context)
    policy = access.policy(kdf)
    access.place.prepare(access.options)  # before a key file is made for nothing
    access.place.check_free()
    path, key = keyfile or access.settings.keyfile, access.settings.key_from_ask(context.ask)
    if key is not None and path is not None:
        raise UsageError("Can't use PYVAULT_KEY with --keyfile: choose one of them for the new vault")
    # With a key file nobody needs to type anything: CI has no terminal, and a passphrase only if a source is given.
    # A passphrase that is refused leaves no key file behind.
    typed = (path is None and key is None) or context.ask.new_passphrase_unasked() is not None
    cache = context.unlock_cache
    if cache is not None:
        cache.prepare()
    passphrase = passphrase_slot(context, access, policy) if typed else None
    if passphrase and cache is not None and context.ask.typed_new:
        passphrase = replace(passphrase, keep_data_key=cache.keep)
    with access.place.settled(access.options.checks).lock(access.options):
        pass  # what is wrong with the lock is told before a key file is made for nothing, too
    slots: list[NewSlot] = [KeyFileSlot(key=key, label="PYVAULT_KEY")] if key is not None else []
    slots += [key_file_slot(path, make=keyfile is not None)] if path is not None else []
    slots += [passphrase] if passphrase else []
    slot, code = recovery_slot(policy) if recovery else (None, None)
    slots += [slot] if slot else []
    with Vault.create(access.place, new_slots=slots, trust=access.trust, options=access.options) as vault:
        output.note(f"Made the vault '{access.place}'.")
        output.note(f"Its id is {vault.vault_id.hex()}, the fingerprint of its key {vault.fingerprint.hex()}.")
    if code is not None:
        show_recovery_code(code)
    if context.choice.name != "file":
        output.hint(f"pyvault uses the backend '{context.choice.name}' here; --backend file uses the new vault")
