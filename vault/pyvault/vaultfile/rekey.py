"""A new data key: every record sealed anew, every slot at hand wrapped anew.

Source: the vault file format, version 1, section 4, "what revokes what".
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from pyvault.errors import UsageError, WriteFailedError
from pyvault.vaultfile.draft import Draft, DraftRecord
from pyvault.vaultfile.header import MAX_EPOCH
from pyvault.vaultfile.index import Index
from pyvault.vaultfile.keys import Keys, derive_keys, new_data_key
from pyvault.vaultfile.records import seal_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.secret import Secret
    from pyvault.vaultfile.index import IndexEntry
    from pyvault.vaultfile.reader import VaultReader

KEPT_FINGERPRINTS = 64


def rekeyed(draft: Draft, base: VaultReader, at_hand: Mapping[bytes, Secret[bytes]]) -> Draft:
    """Give the draft under a new data key; slots whose key isn't at hand are dropped.

    All records are in memory, sealed, until they are written: the index before
    them needs their hashes.

    Args:
        draft: the verified state, unchanged.
        base: the open file of that state.
        at_hand: wrapping keys by slot id.

    Raises:
        TamperedError: a record is damaged; the message names it.
        UsageError: no slot would be left.
    """
    if draft.key_epoch >= MAX_EPOCH:
        raise WriteFailedError("the vault has had as many data keys as its format can count")
    kept = [slot for slot in draft.slots if slot.slot_id in at_hand]
    if not any(slot.is_known() for slot in kept):
        raise UsageError("no slot would be left that opens the vault")
    keys = derive_keys(new_data_key(), draft.vault_id)
    labels = Index(meta=draft.meta).slot_labels()
    previous = [*(item.hex() for item in Index(meta=draft.meta).previous_fingerprints()), draft.keys.fingerprint.hex()]
    return replace(
        draft,
        keys=keys,
        key_epoch=draft.key_epoch + 1,
        slots=tuple(slot.rewrap(at_hand[slot.slot_id], draft.vault_id, keys.data) for slot in kept),
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
