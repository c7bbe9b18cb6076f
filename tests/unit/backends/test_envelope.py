"""The payload's own name: a swapped, cut or foreign item is an error."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.errors import InvalidNameError, ItemCorruptError
from pyvault.names import ItemName, Kind, item_name
from pyvault.secret import Secret
from pyvault.storage.envelope import open_envelope, read_envelope, seal_envelope

PROD = ItemName(Kind.CREDENTIAL, "prod")


def _bytes(text: Secret[str]) -> Secret[bytes]:
    return Secret(text.reveal().encode("ascii"))


@given(st.binary(max_size=3000), st.text(max_size=100))
def test_any_bytes_under_any_name_come_back(data: bytes, text: str) -> None:
    try:
        name = item_name("credential", text)
    except InvalidNameError:
        return
    sealed = _bytes(seal_envelope(name, Secret(data)))
    assert open_envelope(name, sealed) == Secret(data)
    assert read_envelope(sealed, of="it") == (name, Secret(data))


@pytest.mark.parametrize("other", [ItemName(Kind.CREDENTIAL, "dev"), ItemName(Kind.PENDING, "prod")])
def test_an_item_moved_to_another_name_is_refused(other: ItemName) -> None:
    moved = _bytes(seal_envelope(other, Secret(b"keys of another account")))
    with pytest.raises(ItemCorruptError, match="holds"):
        open_envelope(PROD, moved)


def test_every_cut_is_noticed() -> None:
    whole = _bytes(seal_envelope(PROD, Secret(b"x" * 200))).reveal()
    for length in range(len(whole)):
        with pytest.raises(ItemCorruptError):
            open_envelope(PROD, Secret(whole[:length]))


@pytest.mark.parametrize(
    "change",
    [
        {"pyvault": 2},
        {"kind": "nonsense"},
        {"kind": 1},
        {"name": ""},
        {"name": "a\nb"},
        {"data": "not base64!"},
        {"data": "QQ"},
        {"data": None},
        {"extra": 1},
    ],
)
def test_a_damaged_field_is_corrupt(change: dict[str, object]) -> None:
    record = json.loads(seal_envelope(PROD, Secret(b"x")).reveal()) | change
    with pytest.raises(ItemCorruptError):
        open_envelope(PROD, Secret(json.dumps(record).encode()))
