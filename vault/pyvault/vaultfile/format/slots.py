"""Key slots: each wraps the data key for one way to unlock the vault.

A slot of a type or with flags that this version doesn't know is skipped when
unlocking, kept byte for byte when the file is rewritten, and covered by the
header's HMAC like every other.

Source: docs/vault-format.md, section 4.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pyvault.record import Record
from pyvault.sealing import KEY_SIZE, BrokenSealError, open_box, seal

if TYPE_CHECKING:
    from pyvault.secret import Secret

MAX_SLOTS = 32
SLOT_ID_SIZE = 8
RECOVERY_FLAG = 1
WRAP_CONTEXT = b"pyvault/v1/slot\0"

START = struct.Struct(">HBB8sH")  # slot_len, type, flags, slot_id, params_len
WRAP_LENGTH = struct.Struct(">H")


class SlotType(IntEnum):
    """What opens a slot. The format reserves 3, 5 and 6."""

    PASSPHRASE = 1
    KEY_FILE = 2
    STORE_KEY = 4
    EXTERNAL = 7
    CHILD = 8


@runtime_checkable
class ParentVault(Protocol):
    """A store that can open a child vault with a key derived from its own, as a vault file can."""

    @property
    def vault_id(self) -> bytes:
        """16 bytes, constant for the vault's life."""
        ...

    @property
    def key_epoch(self) -> int:
        """Grows with every change of the data key."""
        ...

    def child_key(self, child_id: bytes) -> Secret[bytes]:
        """Return the wrapping key of a child vault, 32 bytes derived from the data key and the child's 16-byte id."""
        ...


class Slot(Record):
    """One key slot, as in the file.

    Attributes:
        slot_type: a number, because unknown types are kept.
        flags: bit 0 marks a recovery code.
        slot_id: 8 random bytes.
        params: what the wrapping key is derived with; depends on the type.
        wrap: the sealed data key.
    """

    slot_type: int
    flags: int
    slot_id: bytes
    params: bytes
    wrap: bytes

    @property
    def is_recovery(self) -> bool:
        """Whether this is a passphrase slot for a recovery code."""
        return self.slot_type == SlotType.PASSPHRASE and self.flags == RECOVERY_FLAG

    def is_known(self) -> bool:
        """Return whether this version can open such a slot."""
        allowed = (0, RECOVERY_FLAG) if self.slot_type == SlotType.PASSPHRASE else (0,)
        if self.params and self.slot_type in {SlotType.KEY_FILE, SlotType.STORE_KEY}:
            return False  # they have none; what a later version puts there must not be ignored
        if self.slot_type == SlotType.EXTERNAL:
            from pyvault.vaultfile.format.external_key import parse_external

            return self.flags == 0 and parse_external(self.params) is not None
        return self.slot_type in tuple(SlotType) and self.flags in allowed

    def encode(self) -> bytes:
        """Return the slot's bytes."""
        size = START.size + len(self.params) + WRAP_LENGTH.size + len(self.wrap)
        start = START.pack(size, self.slot_type, self.flags, self.slot_id, len(self.params))
        return start + self.params + WRAP_LENGTH.pack(len(self.wrap)) + self.wrap

    def open(self, key: Secret[bytes], vault_id: bytes) -> Secret[bytes]:
        """Unwrap the data key.

        Raises:
            BrokenSealError: another key, or a modified slot.
        """
        data_key = open_box(key, _context(self, vault_id), self.wrap)
        if len(data_key) != KEY_SIZE:
            raise BrokenSealError
        return data_key

    def rewrap(self, key: Secret[bytes], vault_id: bytes, data_key: Secret[bytes]) -> Slot:
        """Return this slot with another data key, under the same wrapping key."""
        return Slot(
            slot_type=self.slot_type,
            flags=self.flags,
            slot_id=self.slot_id,
            params=self.params,
            wrap=seal(key, _context(self, vault_id), data_key),
        )


def new_slot_id() -> bytes:
    """Return a random id for a new slot."""
    import secrets

    return secrets.token_bytes(SLOT_ID_SIZE)


def child_params(parent: ParentVault) -> bytes:
    """Return what names a parent and its data key: ``vault_id || be32(key_epoch)``."""
    return parent.vault_id + parent.key_epoch.to_bytes(4, "big")


def encode_slots(slots: tuple[Slot, ...]) -> bytes:
    """Return the slot area."""
    return b"".join(slot.encode() for slot in slots)


def parse_slots(area: bytes, count: int) -> tuple[Slot, ...]:
    """Read exactly *count* slots from exactly these bytes.

    Raises:
        ValueError: lengths that contradict each other.
    """
    slots: list[Slot] = []
    rest = memoryview(area)
    for number in range(1, count + 1):
        if len(rest) < START.size:
            raise ValueError(f"slot {number} is cut short")
        size = int.from_bytes(rest[:2], "big")
        if not START.size + WRAP_LENGTH.size <= size <= len(rest):
            raise ValueError(f"slot {number} has an impossible length")
        slots.append(_parse_slot(bytes(rest[:size]), number))
        rest = rest[size:]
    if rest:
        raise ValueError("there are bytes after the last slot")
    if len({slot.slot_id for slot in slots}) != len(slots):
        raise ValueError("two slots have one id")
    return tuple(slots)


def _parse_slot(slot: bytes, number: int) -> Slot:
    _size, slot_type, flags, slot_id, params_size = START.unpack_from(slot)
    wrap_at = START.size + params_size
    if wrap_at + WRAP_LENGTH.size > len(slot):
        raise ValueError(f"slot {number} has impossible parameters")
    (wrap_size,) = WRAP_LENGTH.unpack_from(slot, wrap_at)
    wrap = slot[wrap_at + WRAP_LENGTH.size :]
    if len(wrap) != wrap_size:
        raise ValueError(f"slot {number} has an impossible wrap")
    return Slot(slot_type=slot_type, flags=flags, slot_id=slot_id, params=slot[START.size : wrap_at], wrap=wrap)


def _context(slot: Slot, vault_id: bytes) -> bytes:
    # The whole head is bound: type, flags, id and parameters can't be exchanged.
    head = START.pack(0, slot.slot_type, slot.flags, slot.slot_id, len(slot.params))[2:] + slot.params
    return WRAP_CONTEXT + vault_id + head
