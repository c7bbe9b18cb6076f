"""What an open vault shows of its items and slots: no secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.clock import from_epoch
from pyvault.record import Record
from pyvault.vaultfile.format.kdf import PARAMS, KdfCost
from pyvault.vaultfile.format.slots import Slot, SlotType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pyvault.names import ItemName
    from pyvault.vaultfile.format.index import IndexEntry


class Entry(Record):
    """One item of a vault.

    Attributes:
        size: bytes as sealed, padding included.
        modified: aware UTC, whole seconds.
    """

    name: ItemName
    revision: int
    size: int
    modified: datetime
    expires: datetime | None
    attributes: Mapping[str, str]

    @classmethod
    def of(cls, entry: IndexEntry) -> Entry:
        """Return what to show of an index entry."""
        return cls(
            name=entry.name,
            revision=entry.revision,
            size=entry.length,
            modified=from_epoch(entry.modified),
            expires=None if entry.expires is None else from_epoch(entry.expires),
            attributes={key: value for key, value in entry.attributes.items() if isinstance(value, str)},
        )


class SlotInfo(Record):
    """One key slot, as people see it.

    Attributes:
        kind: ``passphrase``, ``recovery-code``, ``key-file``, ``store-key``,
            ``child``, ``kms`` or ``unknown-<type>``.
        label: from the encrypted index; None on a locked vault.
        cost: of the key derivation; None for slots without one.
        unlocked_this: it opened this handle.
        kms_key: the ARN of the KMS key of a slot of type 7.
    """

    slot_id: bytes
    kind: str
    label: str | None = None
    cost: KdfCost | None = None
    unlocked_this: bool = False
    kms_key: str | None = None

    @classmethod
    def of(cls, slot: Slot, *, label: str | None = None, unlocked_this: bool = False) -> SlotInfo:
        """Return what to show of a slot, even of an unverified header."""
        return cls(
            slot_id=slot.slot_id,
            kind=kind_of(slot),
            # Anyone who had a key could have put escape sequences for the terminal into it.
            label=None if label is None else "".join(char for char in label if char.isprintable()),
            cost=_cost(slot),
            kms_key=_kms_key(slot),
            unlocked_this=unlocked_this,
        )


def kind_of(slot: Slot) -> str:
    """Return the kind of a slot, see :class:`SlotInfo`."""
    if not slot.is_known():
        return f"unknown-{slot.slot_type}"
    if slot.is_recovery:
        return "recovery-code"
    if slot.slot_type == SlotType.EXTERNAL:
        return "kms"
    return SlotType(slot.slot_type).name.lower().replace("_", "-")


def _kms_key(slot: Slot) -> str | None:
    if slot.slot_type != SlotType.EXTERNAL:
        return None
    from pyvault.vaultfile.format.external_key import parse_external

    held = parse_external(slot.params)
    return None if held is None else held.reference


def _cost(slot: Slot) -> KdfCost | None:
    if slot.slot_type != SlotType.PASSPHRASE or len(slot.params) != PARAMS.size:
        return None
    _kdf, lanes, _reserved, passes, memory, _salt = PARAMS.unpack(slot.params)
    return KdfCost(memory=memory, passes=passes, lanes=lanes)
