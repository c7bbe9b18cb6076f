"""One vault file from a plan in which every field can be wrong; the same plan gives the same bytes.

Salts, ids and keys are digests of the name of the file and of what they are for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from argon2.low_level import Type, hash_secret_raw

from independent_seal import hkdf_expand, independent_seal

MAGIC = b"\x89PYV\r\n\x1a\n"
Document = dict[str, Any]  # Any: JSON, and what is none


def made_up(purpose: str, size: int) -> bytes:
    """Make the bytes that are random in a true vault."""
    return hashlib.sha512(f"pyvault vectors: {purpose}".encode()).digest()[:size]


VAULT_ID = made_up("vault id", 16)
DATA_KEY = made_up("data key", 32)
KEY_FILE = bytes(range(32))
PASSPHRASE = "Caf\u00e9 correct horse"
RECOVERY_CODE = "0123456789ABCDEFGHJKMNPQRS"


def derive(data_key: bytes, vault_id: bytes, purpose: str, size: int = 32) -> bytes:
    return hkdf_expand(data_key, f"pyvault/v1/{purpose}\0".encode() + vault_id, size, "sha512")


FINGERPRINT = derive(DATA_KEY, VAULT_ID, "fingerprint", 16).hex()


def pad(plain: bytes, multiple: int) -> bytes:
    framed = len(plain).to_bytes(4, "big") + plain
    return framed + bytes(-len(framed) % multiple)


@dataclass(frozen=True, kw_only=True)
class Kdf:
    """Parameters of a passphrase slot; 32 KiB and one pass are the least that four lanes can have."""

    kdf: int = 1
    lanes: int = 4
    reserved: int = 0
    passes: int = 1
    memory: int = 32
    salt: bytes = made_up("argon2id salt", 16)

    def params(self) -> bytes:
        return struct.pack(">BBHII16s", self.kdf, self.lanes, self.reserved, self.passes, self.memory, self.salt)

    def key(self, passphrase: str) -> bytes:
        return hash_secret_raw(
            passphrase.encode(),
            self.salt,
            time_cost=self.passes,
            memory_cost=self.memory,
            parallelism=self.lanes,
            hash_len=32,
            type=Type.ID,
            version=0x13,
        )


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A key slot."""

    kind: int = 2
    flags: int = 0
    slot_id: bytes = made_up("slot id", 8)
    params: bytes = b""
    key: bytes = KEY_FILE
    data_key: bytes = DATA_KEY
    bound_to: bytes = VAULT_ID
    damage: Callable[[bytes], bytes] = lambda wrap: wrap

    def encode(self, name: str) -> bytes:
        head = struct.pack(">BB8sH", self.kind, self.flags, self.slot_id, len(self.params)) + self.params
        salt = made_up(f"{name} slot {self.slot_id.hex()}", 24)
        context = b"pyvault/v1/slot\0" + self.bound_to + head
        wrap = self.damage(independent_seal(self.key, context, self.data_key, salt=salt))
        return struct.pack(">H", 2 + len(head) + 2 + len(wrap)) + head + struct.pack(">H", len(wrap)) + wrap


def by_passphrase(kdf: Kdf | None = None, *, number: int = 1, flags: int = 0, right: bool = True) -> Slot:
    """A slot that the passphrase (or the recovery code) opens; with impossible parameters, or not *right*, nothing does."""
    kdf = kdf or Kdf(salt=made_up(f"argon2id salt {number}", 16))
    key = kdf.key(RECOVERY_CODE if flags & 1 else PASSPHRASE) if right else made_up("lost key", 32)
    return Slot(kind=1, flags=flags, slot_id=made_up(f"passphrase slot {number}", 8), params=kdf.params(), key=key)


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record, as its box is made and as the index tells of it."""

    name: str = "prod"
    kind: str = "credential"
    payload: bytes = b'{"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"s3cr3t"}'
    revision: int = 1
    sealed_as: str | None = None  # the name whose id the box is bound to
    sealed_revision: int | None = None
    bound_to: bytes = VAULT_ID
    purpose: str = "record"
    padded: bytes | None = None
    damage: Callable[[bytes], bytes] = lambda box: box

    @property
    def record_id(self) -> bytes:
        return made_up(f"record id {self.name}", 16)

    def box(self, name: str, data_key: bytes) -> bytes:
        bound_id = self.record_id if self.sealed_as is None else made_up(f"record id {self.sealed_as}", 16)
        revision = self.revision if self.sealed_revision is None else self.sealed_revision
        context = b"pyvault/v1/record\0" + self.bound_to + bound_id + revision.to_bytes(8, "big")
        plain = pad(self.payload, 1024) if self.padded is None else self.padded
        salt = made_up(f"{name} record {self.name}", 24)
        return self.damage(independent_seal(derive(data_key, self.bound_to, self.purpose), context, plain, salt=salt))

    def entry(self, box: bytes, offset: int) -> Document:
        return {
            "k": self.kind,
            "n": self.name,
            "id": self.record_id.hex(),
            "r": self.revision,
            "o": offset,
            "l": len(box),
            "h": hashlib.sha256(box).hexdigest(),
            "t": 1_700_000_000,
        }


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A vault file. What a field is None for is computed as the format says."""

    magic: bytes = MAGIC
    version: int = 1
    suite: int = 1
    critical: int = 0
    vault_id: bytes = VAULT_ID
    state: str = "3"  # names the txid
    generation: int = 3
    epoch: int = 1
    reserved: int = 0
    slots_len: int | None = None
    slot_count: int | None = None
    index_len: int | None = None
    records_len: int | None = None
    slots: tuple[Slot, ...] = (Slot(),)
    slot_area: Callable[[bytes], bytes] = lambda area: area
    data_key: bytes = DATA_KEY
    mac_purpose: str = "header"
    records: tuple[Record, ...] = ()
    area: Callable[[bytes], bytes] = lambda area: area
    meta: Document = field(default_factory=lambda: {"created": 1_700_000_000})
    document: Callable[[Document], object] = lambda document: document
    text: Callable[[bytes], bytes] = lambda text: text
    index_padded: Callable[[bytes], bytes] = lambda text: pad(text, 4096)
    index_generation: int | None = None
    index_bound_to: bytes | None = None
    index_purpose: str = "index"
    index_damage: Callable[[bytes], bytes] = lambda box: box

    def build(self, name: str) -> bytes:
        """Pack it; *name* is that of the file."""
        boxes = [record.box(name, self.data_key) for record in self.records]
        entries, offset = [], 0
        for record, box in zip(self.records, boxes, strict=True):
            entries.append(record.entry(box, offset))
            offset += len(box)
        area = self.area(b"".join(boxes))
        index = self._index(name, entries)
        slots = self.slot_area(b"".join(slot.encode(name) for slot in self.slots))
        header = struct.pack(
            ">8sHHI16s16sQIIHHQQ",
            self.magic,
            self.version,
            self.suite,
            self.critical,
            self.vault_id,
            txid(self.state),
            self.generation,
            self.epoch,
            _given(self.slots_len, len(slots)),
            _given(self.slot_count, len(self.slots)),
            self.reserved,
            _given(self.index_len, len(index)),
            _given(self.records_len, len(area)),
        )
        signed = header + slots
        key = derive(self.data_key, self.vault_id, self.mac_purpose)
        return signed + hmac.digest(key, signed, "sha256") + index + area

    def _index(self, name: str, entries: list[Document]) -> bytes:
        document = self.document({"v": 1, "meta": self.meta, "e": entries})
        text = self.text(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
        bound_to = self.vault_id if self.index_bound_to is None else self.index_bound_to
        generation = _given(self.index_generation, self.generation)
        context = b"pyvault/v1/index\0" + bound_to + generation.to_bytes(8, "big") + txid(self.state)
        key = derive(self.data_key, self.vault_id, self.index_purpose)
        salt = made_up(f"{name} index", 24)
        return self.index_damage(independent_seal(key, context, self.index_padded(text), salt=salt))


def txid(state: str) -> bytes:
    return made_up(f"state {state}", 16)


def _given(value: int | None, computed: int) -> int:
    return computed if value is None else value
