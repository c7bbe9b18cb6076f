"""Targets: the parts of a vault file, and what opens one."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from fuzz.target import Target, placed
from pyvault.sealing import BrokenSealError, pad, seal
from pyvault.secret import Secret
from pyvault.vaultfile.format.descent import Descent
from pyvault.vaultfile.format.header import FIXED_SIZE, FixedPart, Header, parse_fixed
from pyvault.vaultfile.format.index import CONTEXT, PADDING, open_index, parse_index
from pyvault.vaultfile.format.kdf import KdfLimits, parse_params
from pyvault.vaultfile.format.sealed_record import MIN_BOX, derive_keys
from pyvault.vaultfile.format.slots import MAX_SLOTS, SlotType
from pyvault.vaultfile.state.entries import Entry, SlotInfo
from pyvault.vaultfile.unlock.key_file import parse_key
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import parse_recovery_code
from pyvault.vaultfile.unlock.passphrase import normalise, outer_blanks, parse_passphrase
from pyvault.vaultfile.vault import Vault
from vaults import KEY, KEY_TEXT, WEAK

DAMAGED, LOCKED, CONFIGURATION = 7, 4, 5
PATH = Path("vault.pyv")
VAULT_ID = bytes(16)
VECTORS = Path(__file__).parent.parent / "vectors"
FILES = tuple((VECTORS / "bad" / f"{name}.pyv").read_bytes() for name in (
    "good", "good-empty", "slots-of-a-later-version", "slots-over-tries", "kdf-memory-high", "recovery-wrong", "index-odd", "rekeyed",
))  # fmt: skip


def _look_at_slots(header: Header) -> None:
    for slot in header.slots:
        SlotInfo.of(slot)
        with suppress(BrokenSealError):
            slot.open(KEY, header.vault_id)
        if slot.is_known() and slot.slot_type == SlotType.PASSPHRASE:
            parse_params(slot.params, KdfLimits(), PATH)


def take_header(data: bytes) -> None:
    """Read the clear part; what is behind it counts by its length only, which the first two bytes can stretch."""
    stretch, data = int.from_bytes(data[:2], "big"), data[2:]
    fixed = parse_fixed(data[:FIXED_SIZE], len(data) + stretch, PATH)
    slots = data[FIXED_SIZE : FIXED_SIZE + fixed.slots_size]
    header = fixed.with_slots(slots, PATH)
    assert header.encode() == data[:FIXED_SIZE] + slots
    _look_at_slots(header)


def take_slots(data: bytes) -> None:
    """Read a slot area; the first byte is the number of slots."""
    area = data[1:]
    bare = Header(vault_id=VAULT_ID, txid=VAULT_ID, generation=1, key_epoch=1, slots=(), index_size=0, records_size=0)
    fixed = FixedPart(header=bare, slots_size=len(area), slot_count=data[0] % (MAX_SLOTS + 1) if data else 0)
    header = fixed.with_slots(area, PATH)
    assert header.encode()[FIXED_SIZE:] == area
    _look_at_slots(header)


def take_index(data: bytes) -> None:
    """Open an index that the right key has sealed; the first four bytes are the size of the record area."""
    size, text = int.from_bytes(data[:4], "big"), data[4:]
    keys = derive_keys(KEY, VAULT_ID)
    header = Header(
        vault_id=VAULT_ID, txid=VAULT_ID, generation=1, key_epoch=1, slots=(), index_size=0, records_size=size
    )
    context = CONTEXT + VAULT_ID + (1).to_bytes(8, "big") + VAULT_ID
    index = open_index(keys, header, seal(keys.index, context, pad(Secret(text), PADDING)), PATH)
    assert parse_index(index.encode(), size) == index
    for entry in index.entries:
        Entry.of(entry)
        str(entry.name)
    index.previous_fingerprints()
    index.slot_labels()
    descent = Descent.of(header, index.meta)
    assert Descent.of(header, {"descent": descent.as_json()}) == descent


def take_file(data: bytes) -> None:
    path = placed("vault/vault.pyv", data)
    with Vault.open(path, UnlockSources(key=KEY), options=WEAK) as vault:
        for entry in vault.entries():
            vault.get(entry.name)


def take_passphrase(data: bytes) -> None:
    passphrase = parse_passphrase(Secret(data))
    parse_recovery_code(passphrase)
    outer_blanks(passphrase)
    normalise(passphrase)


def _headers() -> tuple[bytes, ...]:
    return tuple((len(file) - len(file[:2000])).to_bytes(2, "big") + file[:2000] for file in FILES)


def _slots() -> tuple[bytes, ...]:
    fixed = [parse_fixed(file[:FIXED_SIZE], len(file), PATH) for file in FILES]
    return tuple(
        bytes([one.slot_count]) + file[FIXED_SIZE : FIXED_SIZE + one.slots_size]
        for one, file in zip(fixed, FILES, strict=True)
    )


def _indexes() -> tuple[bytes, ...]:
    entry: dict[str, Any] = {
        "k": "credential", "n": "prod", "id": "00" * 16, "r": 1, "o": 0, "l": MIN_BOX, "h": "ab" * 32, "t": 1700000000, "x": 1800000000,
        "a": {"access_key_id": "AKIAEXAMPLEEXAMPLE00", "created": "2026-01-01T00:00:00Z"},
    }  # fmt: skip
    second = {**entry, "k": "session", "n": "é", "id": "11" * 16, "o": MIN_BOX}
    descent = {
        "steps": [[1, "00" * 16], [2, "11" * 16]], "floor": 0, "writers": {"22" * 16: [1, "00" * 16]}, "writers_floor": 0,
    }  # fmt: skip
    meta = {"slots": {"00" * 8: "label"}, "created": 1, "prev": ["ab" * 16], "descent": descent, "cleared": 1}
    documents = (
        {"v": 1, "e": [entry, second], "meta": meta},
        {"v": 1, "e": [entry], "meta": {}, "later": [1.5, None, {}]},
        {"v": 1, "e": []},
    )
    return tuple(
        (MIN_BOX * len(document["e"])).to_bytes(4, "big") + json.dumps(document).encode()  # type: ignore[arg-type]  # a list
        for document in documents
    )


def take_key_file(data: bytes) -> None:
    assert len(parse_key(Secret(data), "'ci.key'")) == 32


TARGETS = (
    Target(name="vault-header", run=take_header, seeds=_headers(), exits=frozenset({DAMAGED})),
    Target(name="vault-slots", run=take_slots, seeds=_slots(), exits=frozenset({DAMAGED})),
    Target(name="vault-index", run=take_index, seeds=_indexes(), exits=frozenset({DAMAGED})),
    Target(
        name="vault-file", run=take_file, seeds=FILES, exits=frozenset({DAMAGED, LOCKED}), longest=20_000, examples=200
    ),
    Target(
        name="key-file",
        run=take_key_file,
        seeds=(KEY_TEXT, b"\xef\xbb\xbf" + KEY_TEXT, KEY_TEXT.decode().encode("utf-16")),
        exits=frozenset({CONFIGURATION}),
    ),
    Target(
        name="passphrase",
        run=take_passphrase,
        seeds=(b"Caf\xc3\xa9 correct horse\r\n", b"oi23-4567 89ab-cdef ghjk-mnpq-rs\n", b"\xef\xbb\xbfx"),
        exits=frozenset({CONFIGURATION}),
    ),
)
