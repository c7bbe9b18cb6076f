"""The clear part of a vault file: HEADER, bounds, exact length.

An attacker can choose everything here until the HMAC over the header has been
checked, so the bounds are checked before anything is allocated.

Source: docs/vault-format.md, section 4.
"""

from __future__ import annotations

import struct

from pyvault.errors import NotAVaultError, TamperedError, TruncatedVaultError, UnsupportedVaultError
from pyvault.record import Record, replace
from pyvault.vaultfile.format.slots import MAX_SLOTS, Slot, encode_slots, parse_slots

# As in PNG, the carriage return, ^Z and line feed reveal a transfer in text mode.
MAGIC = b"\x89PYV\r\n\x1a\n"
FORMAT_VERSION = 1
SUITE = 1  # Cobblestone-256, HKDF-SHA-512, HMAC-SHA-256, Argon2id v1.3

FIXED = struct.Struct(">8sHHI16s16sQIIHHQQ")
FIXED_SIZE = FIXED.size  # 84
MAC_SIZE = 32
ID_SIZE = 16

MAX_SLOTS_SIZE = 65536
MAX_INDEX_SIZE = 64 << 20  # bytes
MAX_RECORDS_SIZE = 512 << 20
MAX_FILE_SIZE = 640 << 20
MAX_GENERATION = (1 << 64) - 1
MAX_EPOCH = (1 << 32) - 1


class Header(Record):
    """What anybody can read of a vault file; verified only by the HMAC after it.

    Attributes:
        vault_id: 16 bytes, constant for the vault's life.
        txid: 16 bytes, new with every write.
        generation: 1, then +1 with every write.
        key_epoch: 1, then +1 with every change of the data key.
        index_size: bytes of the sealed index.
        records_size: bytes of the record area.
    """

    vault_id: bytes
    txid: bytes
    generation: int
    key_epoch: int
    slots: tuple[Slot, ...]
    index_size: int
    records_size: int

    def encode(self) -> bytes:
        """Return the bytes that the HMAC covers."""
        slots = encode_slots(self.slots)
        fixed = FIXED.pack(
            MAGIC,
            FORMAT_VERSION,
            SUITE,
            0,
            self.vault_id,
            self.txid,
            self.generation,
            self.key_epoch,
            len(slots),
            len(self.slots),
            0,
            self.index_size,
            self.records_size,
        )
        return fixed + slots


class FixedPart(Record):
    """The first 84 bytes, checked for bounds and against the file's length.

    Attributes:
        header: without its slots.
    """

    header: Header
    slots_size: int
    slot_count: int

    def with_slots(self, area: bytes, path: object) -> Header:
        """Return the header with the slots in *area*.

        Raises:
            TamperedError: the slots don't fill their area exactly.
        """
        try:
            slots = parse_slots(area, self.slot_count)
        except ValueError as exc:
            raise TamperedError(f"the header of '{path}' is damaged: {exc}") from None
        return replace(self.header, slots=slots)


def parse_fixed(start: bytes, file_size: int, path: object) -> FixedPart:
    """Parse the first 84 bytes, and check that the whole file is as long as they say.

    Args:
        start: the first 84 bytes, or fewer if the file is shorter.
        file_size: bytes, of the open descriptor.
        path: for the messages.

    Raises:
        NotAVaultError: another kind of file.
        UnsupportedVaultError: a newer version, suite or critical flag.
        TruncatedVaultError: cut short, or with something after the end.
        TamperedError: a field outside its bounds.
    """
    if not start or start[: len(MAGIC)] != MAGIC[: len(start)]:
        raise NotAVaultError(f"'{path}' is not a vault")
    if len(start) < FIXED_SIZE:
        raise TruncatedVaultError(f"'{path}' is truncated: {file_size} bytes are too few for a header")
    (
        _magic,
        version,
        suite,
        critical,
        vault_id,
        txid,
        generation,
        key_epoch,
        slots_size,
        slot_count,
        reserved,
        index_size,
        records_size,
    ) = FIXED.unpack(start)
    if version != FORMAT_VERSION or suite != SUITE or critical or reserved:
        raise UnsupportedVaultError(
            f"'{path}' needs a newer pyvault (version {version}, suite {suite}, flags {critical:#x})"
        )
    if (
        slots_size > MAX_SLOTS_SIZE
        or not 1 <= slot_count <= MAX_SLOTS
        or not generation
        or not key_epoch
        or index_size > MAX_INDEX_SIZE
        or records_size > MAX_RECORDS_SIZE
        or file_size > MAX_FILE_SIZE
    ):
        raise TamperedError(f"the header of '{path}' is damaged: a field is out of bounds")
    expected = FIXED_SIZE + slots_size + MAC_SIZE + index_size + records_size
    if file_size != expected:
        raise TruncatedVaultError(f"'{path}' is truncated or too long: {file_size} bytes instead of {expected}")
    header = Header(
        vault_id=vault_id,
        txid=txid,
        generation=generation,
        key_epoch=key_epoch,
        slots=(),
        index_size=index_size,
        records_size=records_size,
    )
    return FixedPart(header=header, slots_size=slots_size, slot_count=slot_count)
