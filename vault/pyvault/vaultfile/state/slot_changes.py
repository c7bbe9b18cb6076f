"""New ways to unlock a vault, beside the others or in place of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import UsageError
from pyvault.vaultfile.unlock.key_sources import Unlocked
from pyvault.vaultfile.unlock.new_slot import make_slot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvault.vaultfile.handle import Handle
    from pyvault.vaultfile.state.draft import Change
    from pyvault.vaultfile.state.entries import SlotInfo
    from pyvault.vaultfile.unlock.new_slot import NewSlot


def place_slot(
    handle: Handle, new: NewSlot, write: Callable[[Change], None], *, instead_of: bytes | None = None
) -> bytes:
    """Add a way to unlock, and return the slot's id.

    Args:
        handle: an open vault.
        new: what is to open it.
        write: makes a change.
        instead_of: the slot that goes.

    Raises:
        UsageError: the vault has as many slots of this kind as it can have.
    """
    # The key derivation runs before the lock is taken: others need not wait for it.
    slot, key = make_slot(new, handle.snapshot.header.vault_id, handle.keys.data, handle.options)
    write(
        lambda draft: draft.with_slot(
            slot.rewrap(key, draft.vault_id, draft.keys.data), new.label, instead_of=instead_of
        )
    )
    if instead_of is not None and instead_of == handle.unlocked.slot_id:
        handle.unlocked = Unlocked(data_key=handle.keys.data, slot_id=slot.slot_id, wrapping_key=key)
    return slot.slot_id


def find_passphrase_slot(slots: Sequence[SlotInfo]) -> bytes:
    """Return the passphrase slot to replace: the one that opened the vault, or else its only one.

    Raises:
        UsageError: it isn't clear which slot is meant.
    """
    passphrases = [slot for slot in slots if slot.kind == "passphrase"]
    unlocked_this = [slot for slot in passphrases if slot.unlocked_this]
    if len(unlocked_this or passphrases) != 1:
        raise UsageError(
            "it isn't clear which passphrase to replace: the vault has none, or several",
            hint="open the vault with the one to replace, or use pyvault vault slot add and slot remove",
        )
    return (unlocked_this or passphrases)[0].slot_id
