"""A new data key: every record is resealed, and every slot whose key is available is rewrapped.

Source: docs/vault-format.md, section 4, "what revokes what".
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pyvault.errors import ConflictError, InputRequiredError, UsageError, WriteFailedError
from pyvault.record import replace
from pyvault.vaultfile.format.header import MAX_EPOCH
from pyvault.vaultfile.format.index import Index
from pyvault.vaultfile.format.sealed_record import Keys, derive_keys, new_data_key, seal_record
from pyvault.vaultfile.handle import unlocking
from pyvault.vaultfile.state.draft import Draft, DraftRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyvault.secret import Secret
    from pyvault.vaultfile.disk.vault_reader import VaultReader
    from pyvault.vaultfile.format.index import IndexEntry
    from pyvault.vaultfile.handle import Handle
    from pyvault.vaultfile.state.entries import SlotInfo
    from pyvault.vaultfile.unlock.key_sources import UnlockSources

KEPT_FINGERPRINTS = 64


def rekey(
    handle: Handle,
    sources: UnlockSources | None,
    drop_slots: Callable[[Sequence[SlotInfo]], bool],
) -> list[SlotInfo]:
    """Change the data key of the vault, and return the slots that were dropped.

    Args:
        handle: an open vault; the slot that opened it stays.
        sources: other keys whose slots are to stay; may ask the user, before the lock is taken.
        drop_slots: called with the slots that would be lost; returns whether to go on.

    Raises:
        InputRequiredError: slots would be lost, and *drop_slots* returned False.
        UsageError: no slot would be left.
        ConflictError: the slots changed meanwhile.
        TamperedError: a record is damaged; nothing changed.
    """
    with handle.reading() as seen:
        slots = seen.header.slots
    opened = [handle.unlocked]
    if sources is not None:
        opened += unlocking(seen, handle.options).unlock_all(sources)
    wrapping_keys = {
        each.slot_id: each.wrapping_key for each in opened if each.slot_id is not None and each.wrapping_key is not None
    }
    lost = [slot for slot in handle.slots() if slot.slot_id not in wrapping_keys]
    if lost and not drop_slots(lost):
        named = ", ".join(f"{slot.kind} {slot.slot_id.hex()}" for slot in lost)
        raise InputRequiredError(f"these slots would be dropped, because their secret was not provided: {named}")

    def make(base: VaultReader) -> Draft:
        if base.header.slots != slots:
            raise ConflictError(f"the slots of '{handle.place}' changed meanwhile", hint="try again")
        return rekeyed(Draft.of(handle.snapshot, handle.keys), base, wrapping_keys)

    with handle.place.lock(handle.options):
        handle.write(make)
    return lost


def rekeyed(draft: Draft, base: VaultReader, wrapping_keys: Mapping[bytes, Secret[bytes]]) -> Draft:
    """Return the draft under a new data key; slots without a wrapping key are dropped.

    All sealed records are in memory until they are written: the index before them
    needs their hashes.

    Args:
        draft: the verified state, unchanged.
        base: the open file of that state.
        wrapping_keys: by slot id.

    Raises:
        TamperedError: a record is damaged; the message names it.
        UsageError: no slot would be left.
    """
    if draft.key_epoch >= MAX_EPOCH:
        raise WriteFailedError("the vault has had as many data keys as its format allows")
    kept = [slot for slot in draft.slots if slot.slot_id in wrapping_keys]
    if not any(slot.is_known() for slot in kept):
        raise UsageError("no slot would be left that opens the vault")
    keys = derive_keys(new_data_key(), draft.vault_id)
    labels = Index(meta=draft.meta).slot_labels()
    previous = [*(item.hex() for item in Index(meta=draft.meta).previous_fingerprints()), draft.keys.fingerprint.hex()]
    return replace(
        draft,
        keys=keys,
        key_epoch=draft.key_epoch + 1,
        slots=tuple(slot.rewrap(wrapping_keys[slot.slot_id], draft.vault_id, keys.data) for slot in kept),
        records=tuple(_resealed(record.entry, base, draft.keys, keys) for record in draft.records),
        meta={
            **draft.meta,
            "prev": previous[-KEPT_FINGERPRINTS:],
            "slots": {slot.slot_id.hex(): labels[slot.slot_id.hex()] for slot in kept if slot.slot_id.hex() in labels},
        },
        revokes=True,
    )


def _resealed(entry: IndexEntry, base: VaultReader, old: Keys, new: Keys) -> DraftRecord:
    payload = base.record(old, entry)
    box = seal_record(new, base.header.vault_id, entry.record_id, entry.revision, payload)
    digest = hashlib.sha256(box).digest()
    return DraftRecord(entry=replace(entry, length=len(box), digest=digest), box=box)
