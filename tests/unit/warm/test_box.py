"""The file of an entry: opened whole, under its own name and keys, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.login.halves import Halves
from pyvault.warm.box import NONCE, OVERHEAD, Keys, NotAnEntryError, pack, unpack

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "warm.json").read_text())
KEYS = Keys(Halves(bytes(range(64)), bytes(range(32))))
OTHER = Keys(Halves(bytes(64), bytes(range(32))))
NAME = KEYS.name(b"question")
FILE = KEYS.seal(NAME, b"what was answered" * 9, bytes(NONCE))


@given(st.binary(max_size=3000), st.binary(min_size=NONCE, max_size=NONCE))
def test_what_was_sealed_opens(content: bytes, nonce: bytes) -> None:
    file = KEYS.seal(NAME, content, nonce)
    assert KEYS.open(NAME, file) == content
    assert len(content) < 8 or content not in file[OVERHEAD:]


@pytest.mark.parametrize("at", range(len(FILE)))
def test_no_bit_may_be_another(at: int) -> None:
    damaged = bytearray(FILE)
    damaged[at] ^= 1 << at % 8
    with pytest.raises(NotAnEntryError):
        KEYS.open(NAME, bytes(damaged))


@pytest.mark.parametrize("size", range(len(FILE)))
def test_nothing_may_be_missing(size: int) -> None:
    with pytest.raises(NotAnEntryError):
        KEYS.open(NAME, FILE[:size])


def test_an_entry_does_not_open_under_another_name_or_key() -> None:
    assert KEYS.open(NAME, FILE)
    for keys, name in ((KEYS, KEYS.name(b"another")), (OTHER, NAME)):
        with pytest.raises(NotAnEntryError):
            keys.open(name, FILE)


def test_more_behind_it_is_no_entry() -> None:
    with pytest.raises(NotAnEntryError):
        KEYS.open(NAME, FILE + b"\0")


def test_one_text_twice_looks_different() -> None:
    assert KEYS.seal(NAME, b"text", b"1" * NONCE)[-4:] != KEYS.seal(NAME, b"text", b"2" * NONCE)[-4:]


@given(st.lists(st.binary(max_size=300)))
def test_fields_come_back(fields: list[bytes]) -> None:
    assert unpack(pack(fields)) == fields


@pytest.mark.parametrize("packed", [b"\0\0\0\1", b"\0\0\0\5abcd", b"\0\0\0\0\0", b"\xff\xff\xff\xffa"])
def test_fields_that_are_cut_off_are_none(packed: bytes) -> None:
    with pytest.raises(NotAnEntryError):
        unpack(packed)


@pytest.mark.parametrize("vector", VECTORS["entries"], ids=lambda vector: vector["what"])
def test_known_answers(vector: dict[str, str]) -> None:
    kept = {name: bytes.fromhex(text) for name, text in vector.items() if name != "what"}
    keys = Keys(Halves(kept["kernel_key"], kept["seed"]))
    name = keys.name(kept["question"])
    assert name == kept["name"].hex()
    assert keys.seal(name, kept["content"], kept["nonce"]) == kept["file"]
    assert keys.open(name, kept["file"]) == kept["content"]
