"""``pyvault vault passwd`` and ``rekey``: another passphrase, or another data key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pyvault.sessions.cache import session_files
from pyvault.sessions.session_vault import delete_session_file
from pyvault.vaultfile.state.entries import SlotInfo
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.commandline.shared_options import KdfOption
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.vaults.slot_options import passphrase_slot, slot_as_text
from pyvault_cli.vaults.vault_access import VaultAccess


def vault_passwd(context: Context, kdf: KdfOption = None) -> None:
    """Put a new passphrase in the place of the one that opened the vault, and delete the backups."""
    access = VaultAccess(context)
    policy = access.policy(kdf)
    with access.open() as vault:
        context.ask.renewing = True
        vault.change_passphrase(passphrase_slot(context, access, policy))
        access.forget_unlocked(vault.vault_id)
    output.note("Changed the passphrase, and deleted the backups: the old one opened them.")
    output.hint(
        "anyone with the old passphrase and an old copy can still open that copy; "
        "'pyvault vault rekey' protects later versions"
    )


def vault_rekey(
    context: Context,
    drop_slots: Annotated[bool, Option("--drop-slots", help="drop slots whose secret is not provided")] = False,
) -> None:
    """Seal everything anew under a new key; delete the sessions and the backups."""
    access = VaultAccess(context)

    def may_drop(lost: Sequence[SlotInfo]) -> bool:
        output.note("These slots will be dropped; their secret was not provided:")
        for slot in lost:
            output.note(f"  {slot_as_text(slot)}")
        if not drop_slots:
            context.ask.confirm("Drop them?", option="--drop-slots")
        return True

    with access.open() as vault:
        vault.rekey(access.sources(ask_human=context.ask.can_ask()), drop_slots=may_drop)
        access.forget_unlocked(vault.vault_id)
        fingerprint = vault.fingerprint.hex()
    for path in session_files(context.paths):
        if path.name.startswith("sessions-file-"):
            delete_session_file(path)
    output.note("The vault has a new key. The backups and the cached sessions are deleted.")
    output.note(f"Its fingerprint is {fingerprint}.")
