"""The next state of a vault, before it is written: pure changes on a frozen value.

A draft starts as a verified state; each change returns another draft. Unchanged
records are only listed here; their bytes are copied when the file is written.

A little longer than most files: every change that a draft knows is one method.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pyvault.errors import ItemNotFoundError, ItemTooLargeError, UsageError
from pyvault.record import Record, field, replace
from pyvault.vaultfile.format.descent import Descent
from pyvault.vaultfile.format.header import MAX_RECORDS_SIZE, MAX_SLOTS_SIZE
from pyvault.vaultfile.format.index import MAX_ENTRIES, Index, IndexEntry
from pyvault.vaultfile.format.sealed_record import MAX_PAYLOAD, RECORD_ID_SIZE, open_record, seal_record
from pyvault.vaultfile.format.slots import MAX_SLOTS, Slot, SlotType, encode_slots
from pyvault.vaultfile.unlock.kdf_budget import check_budget
from pyvault.vaultfile.unlock.key_sources import MAX_TRIES

if TYPE_CHECKING:
    from pyvault.names import ItemName
    from pyvault.secret import Secret
    from pyvault.vaultfile.disk.vault_reader import Snapshot
    from pyvault.vaultfile.format.index_json import Json
    from pyvault.vaultfile.format.sealed_record import Keys

#: Key in the index's meta: the last generation whose write had to delete the backups. If a process is
#: killed between its rename and the deletion, the next write sees this and deletes them.
REVOKED_AT = "revoked_at"


class DraftRecord(Record):
    """One record of the next state.

    Attributes:
        entry: its offset is still that in the old record area.
        box: the sealed bytes if they are new; None to copy the old ones.
    """

    entry: IndexEntry
    box: bytes | None = None


class Draft(Record):
    """The next state of a vault.

    Attributes:
        generation: of the state it is based on; 0 for a new vault.
        descent: of that state.
        revokes: this change removes something that backups would still hold.
    """

    vault_id: bytes
    generation: int
    key_epoch: int
    keys: Keys
    slots: tuple[Slot, ...] = ()
    records: tuple[DraftRecord, ...] = ()
    meta: Mapping[str, Json]
    unknown: Mapping[str, Json]
    revokes: bool = False
    descent: Descent = field(default_factory=Descent)

    @classmethod
    def of(cls, snapshot: Snapshot, keys: Keys) -> Draft:
        """Return the draft that starts from a verified state."""
        return cls(
            vault_id=snapshot.header.vault_id,
            generation=snapshot.header.generation,
            key_epoch=snapshot.header.key_epoch,
            keys=keys,
            slots=snapshot.header.slots,
            records=tuple(DraftRecord(entry=entry) for entry in snapshot.index.entries),
            meta=snapshot.index.meta,
            unknown=snapshot.index.unknown,
            descent=Descent.of(snapshot.header, snapshot.index.meta),
        )

    def find(self, name: ItemName) -> DraftRecord:
        """Return the record of that name.

        Raises:
            ItemNotFoundError: there is none.
        """
        for record in self.records:
            if record.entry.name == name:
                return record
        raise ItemNotFoundError(f"there is no item '{name}'")

    def opened(self, record: DraftRecord) -> Secret[bytes]:
        """Return the payload of a new record."""
        if record.box is None:
            raise ValueError("the sealed bytes are in the file")
        entry = record.entry
        return open_record(self.keys, self.vault_id, entry.record_id, entry.revision, record.box)

    def with_item(
        self,
        name: ItemName,
        payload: Secret[bytes],
        *,
        modified: int,
        expires: int | None,
        attributes: Mapping[str, Json],
    ) -> Draft:
        """Return the draft with an item added or replaced; a replaced one keeps its id and place.

        Raises:
            ItemTooLargeError: over 1 MiB, or the vault is full.
        """
        if len(payload) > MAX_PAYLOAD:
            raise ItemTooLargeError(f"the item '{name}' has {len(payload)} bytes, over the limit of {MAX_PAYLOAD}")
        old = next((record.entry for record in self.records if record.entry.name == name), None)
        record_id = old.record_id if old else secrets.token_bytes(RECORD_ID_SIZE)
        revision = old.revision + 1 if old else 1
        box = seal_record(self.keys, self.vault_id, record_id, revision, payload)
        entry = IndexEntry(
            name=name,
            record_id=record_id,
            revision=revision,
            offset=0,
            length=len(box),
            digest=hashlib.sha256(box).digest(),
            modified=modified,
            expires=expires,
            attributes=attributes,
            unknown=old.unknown if old else {},
        )
        return self.with_record(DraftRecord(entry=entry, box=box))

    def with_record(self, new: DraftRecord) -> Draft:
        """Return the draft with a sealed record added, or in place of the one of that name.

        Raises:
            ItemTooLargeError: the vault is full.
        """
        name = new.entry.name
        if all(record.entry.name != name for record in self.records):
            return self._with_records((*self.records, new))
        return self._with_records(tuple(new if record.entry.name == name else record for record in self.records))

    def with_entry(self, entry: IndexEntry, payload: Secret[bytes]) -> Draft:
        """Return the draft with an entry of another state, in place of the one of that name.

        Raises:
            ItemTooLargeError: the vault is full.
        """
        others = [record for record in self.records if record.entry.name != entry.name]
        taken = any(record.entry.record_id == entry.record_id for record in others)
        record_id = secrets.token_bytes(RECORD_ID_SIZE) if taken else entry.record_id
        box = seal_record(self.keys, self.vault_id, record_id, entry.revision, payload)
        digest = hashlib.sha256(box).digest()
        return self.with_record(
            DraftRecord(entry=replace(entry, record_id=record_id, length=len(box), digest=digest), box=box)
        )

    def without_item(self, name: ItemName) -> Draft:
        """Return the draft without an item.

        Raises:
            ItemNotFoundError: there is none.
        """
        gone = self.find(name)
        return replace(self, records=tuple(record for record in self.records if record is not gone))

    def with_slot(self, slot: Slot, label: str | None, *, instead_of: bytes | None = None) -> Draft:
        """Return the draft with a slot added, or in place of another.

        Raises:
            ItemNotFoundError: there is no slot to replace.
            UsageError: the vault has as many slots as it can have.
        """
        if instead_of is None:
            slots = (*self.slots, slot)
        else:
            old = self.slot(instead_of)
            slots = tuple(slot if each is old else each for each in self.slots)
        _check_slots(slots)
        check_budget(self.slots, slots)
        labels = {key: text for key, text in self._labels().items() if instead_of is None or key != instead_of.hex()}
        if label:
            labels[slot.slot_id.hex()] = label
        revokes = self.revokes or instead_of is not None
        return replace(self, slots=slots, meta={**self.meta, "slots": labels}, revokes=revokes)

    def without_slot(self, slot_id: bytes) -> Draft:
        """Return the draft without a slot.

        Raises:
            ItemNotFoundError: there is no such slot.
            UsageError: no slot that this version knows would be left.
        """
        gone = self.slot(slot_id)
        slots = tuple(slot for slot in self.slots if slot is not gone)
        if not any(slot.is_known() for slot in slots):
            raise UsageError(
                f"slot {slot_id.hex()} is the last one that opens the vault", hint="add another one before"
            )
        labels = {key: text for key, text in self._labels().items() if key != slot_id.hex()}
        return replace(self, slots=slots, meta={**self.meta, "slots": labels}, revokes=True)

    def slot(self, slot_id: bytes) -> Slot:
        """Return the slot of that id.

        Raises:
            ItemNotFoundError: there is none.
        """
        for slot in self.slots:
            if slot.slot_id == slot_id:
                return slot
        raise ItemNotFoundError(f"there is no slot {slot_id.hex()}")

    def index(self) -> Index:
        """Return the index to write: records in order, without gaps."""
        entries: list[IndexEntry] = []
        offset = 0
        for record in self.records:
            entries.append(replace(record.entry, offset=offset))
            offset += record.entry.length
        meta = {**self.meta, REVOKED_AT: self.generation + 1} if self.revokes else self.meta
        return Index(entries=tuple(entries), meta=meta, unknown=self.unknown)

    def follows_revocation(self) -> bool:
        """Return whether the base state revoked something that older backups still hold."""
        return self.meta.get(REVOKED_AT) == self.generation and self.generation > 0

    def records_size(self) -> int:
        """Return the size of the record area in bytes."""
        return sum(record.entry.length for record in self.records)

    def _labels(self) -> dict[str, str]:
        return Index(meta=self.meta).slot_labels()

    def _with_records(self, records: tuple[DraftRecord, ...]) -> Draft:
        draft = replace(self, records=records)
        if len(records) > MAX_ENTRIES or draft.records_size() > MAX_RECORDS_SIZE:
            raise ItemTooLargeError(f"the vault is full with {len(self.records)} items")
        return draft


Change = Callable[[Draft], Draft]


def _check_slots(slots: tuple[Slot, ...]) -> None:
    passphrases = [slot for slot in slots if slot.slot_type == SlotType.PASSPHRASE]
    ordinary = [slot for slot in passphrases if not slot.is_recovery]
    if len(slots) > MAX_SLOTS or len(encode_slots(slots)) > MAX_SLOTS_SIZE:
        raise UsageError(f"a vault has at most {MAX_SLOTS} slots")
    if len(ordinary) > MAX_TRIES:
        raise UsageError(f"a vault has at most {MAX_TRIES} passphrases")
    if len(passphrases) - len(ordinary) > 1:
        raise UsageError("a vault has at most one recovery code")
