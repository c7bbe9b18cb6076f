"""Boxes open with their key and context, and with nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from independent_seal import independent_open, independent_seal
from pyvault.sealing import CHUNK_SIZE, BrokenSealError, expand, open_box, pad, seal, sealed_size, unpad
from pyvault.secret import Secret

KEY = Secret(bytes(range(32)))
EDGES = [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE]


@pytest.mark.parametrize("size", EDGES)
def test_the_definition_opens_what_the_library_sealed_and_the_other_way_round(size: int) -> None:
    plain = bytes(size)
    box = seal(KEY, b"context", Secret(plain))
    assert len(box) == sealed_size(size)
    assert independent_open(KEY.reveal(), b"context", box) == plain
    assert open_box(KEY, b"context", independent_seal(KEY.reveal(), b"context", plain)) == Secret(plain)


@given(plain=st.binary(max_size=200), context=st.binary(max_size=60), other=st.binary(max_size=60))
def test_a_box_is_bound_to_its_context(plain: bytes, context: bytes, other: bytes) -> None:
    box = seal(KEY, context, Secret(plain))
    if other == context:
        assert open_box(KEY, other, box) == Secret(plain)
    else:
        with pytest.raises(BrokenSealError):
            open_box(KEY, other, box)


@given(plain=st.binary(max_size=64), data=st.data())
def test_any_other_byte_and_any_other_length_breaks_the_seal(plain: bytes, data: st.DataObject) -> None:
    box = bytearray(seal(KEY, b"", Secret(plain)))
    at = data.draw(st.integers(0, len(box) - 1))
    box[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BrokenSealError):
        open_box(KEY, b"", bytes(box))
    with pytest.raises(BrokenSealError):
        open_box(KEY, b"", bytes(box[:at]))


def test_equal_contents_look_different() -> None:
    assert seal(KEY, b"", Secret(b"same")) != seal(KEY, b"", Secret(b"same"))


def test_a_chunk_boundary_cut_is_noticed() -> None:
    box = seal(KEY, b"", Secret(bytes(2 * CHUNK_SIZE)))
    with pytest.raises(BrokenSealError):
        open_box(KEY, b"", box[: 56 + CHUNK_SIZE + 16])


@given(plain=st.binary(max_size=3000), multiple=st.sampled_from([1024, 4096]))
def test_padding_comes_off_again(plain: bytes, multiple: int) -> None:
    padded = pad(Secret(plain), multiple)
    assert len(padded) % multiple == 0
    assert unpad(padded, multiple) == Secret(plain)


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        bytes(3),
        bytes(1023),
        bytes(2048),  # one block too many for an empty content
        b"\xff\xff\xff\xff" + bytes(1020),
        b"\x00\x00\x03\xfd" + bytes(1020),  # says one byte more than there is room
        bytes(1023) + b"\x01",
    ],
)
def test_other_padding_is_refused(padded: bytes) -> None:
    with pytest.raises(BrokenSealError):
        unpad(Secret(padded), 1024)


def test_different_purposes_give_different_keys() -> None:
    assert expand(KEY, b"a", 32) != expand(KEY, b"b", 32)
    assert len(expand(KEY, b"a", 16)) == 16
