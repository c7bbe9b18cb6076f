"""The index: one reading, all rules, nothing lost on rewrite."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.errors import UnsupportedVaultError
from pyvault.vaultfile.format.index import MalformedIndexError, parse_index
from pyvault.vaultfile.format.sealed_record import MIN_BOX

ENTRY: dict[str, Any] = {  # Any: values of JSON
    "k": "credential",
    "n": "prod",
    "id": "00" * 16,
    "r": 1,
    "o": 0,
    "l": MIN_BOX,
    "h": "ab" * 32,
    "t": 1700000000,
}


def document(*entries: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"v": 1, "e": list(entries), **more}).encode()


def test_a_good_index() -> None:
    (entry,) = parse_index(document(ENTRY), MIN_BOX).entries
    assert str(entry.name) == "credential/prod"
    assert (entry.offset, entry.length, entry.expires) == (0, MIN_BOX, None)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        b'{"v":1,"e":[],"e":[]}',
        b'{"v":1,"e":[],"meta":{"a":1,"a":2}}',
        b'{"v":1,"e":[],"meta":{"a":NaN}}',
        b'{"v":1,"e":[],"meta":{"a":-Infinity}}',
        b'{"v":1,"e":[]} x',
        b'{"v":1,"e":[],"meta":' + b"[" * 100_000,
        b'{"v":1,"e":{}}',
        b'{"v":1}',
        b'{"v":1,"e":[1]}',
        b'{"v":1,"e":[],"meta":[]}',
        b'{"v":1,"e":[],"meta":{"a":' + b"9" * 5000 + b"}}",
        b'{"v":1,"e":[],"meta":{"a":1e999}}',
        b'{"v":1,"e":[],"meta":{"a":"\\uD800"}}',
        b'{"v":1,"e":[],"meta":{"\\udfff":1}}',
        b'{"v":1,"e":[],"meta":' + b'{"a":' * 64 + b"1" + b"}" * 65,
        b'{"v":1,"e":[],"later":' + b"[" * 985 + b"]" * 985 + b"}",
    ],
    ids=range(22),
)
def test_what_is_not_the_json_of_an_index(text: bytes) -> None:
    with pytest.raises(MalformedIndexError):
        parse_index(text, 0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("n", ""),
        ("n", "a\nb"),
        ("n", "Cafe\u0301"),  # not NFC: two spellings of one name
        ("n", "x" * 513),
        ("n", "\ud800"),
        ("n", 1),
        ("k", 1),
        ("id", "00" * 15),
        ("id", "AB" * 16),
        ("id", " " * 32),
        ("id", "00" * 15 + "0g"),
        ("id", 0),
        ("r", 0),
        ("r", True),
        ("r", 1.0),
        ("r", "1"),
        ("r", 1 << 64),
        ("o", -1),
        ("o", 1),
        ("l", MIN_BOX - 1),
        ("l", MIN_BOX + 1),
        ("l", 1 << 40),
        ("h", "ab" * 31),
        ("h", None),
        ("t", None),
        ("t", 1.5),
        ("t", -1),
        ("t", 1 << 60),
        ("x", "soon"),
        ("a", []),
    ],
)
def test_a_bad_value_in_an_entry(key: str, value: object) -> None:
    with pytest.raises(MalformedIndexError):
        parse_index(document({**ENTRY, key: value}), MIN_BOX)


@pytest.mark.parametrize("key", ["k", "n", "id", "r", "o", "l", "h", "t"])
def test_a_missing_value_in_an_entry(key: str) -> None:
    with pytest.raises(MalformedIndexError):
        parse_index(document({name: value for name, value in ENTRY.items() if name != key}), MIN_BOX)


def test_two_entries_need_two_names_two_ids_and_two_places() -> None:
    second = {**ENTRY, "n": "other", "id": "11" * 16, "o": MIN_BOX}
    assert len(parse_index(document(ENTRY, second), 2 * MIN_BOX).entries) == 2
    for clash in ({"n": "prod"}, {"id": "00" * 16}, {"o": 0}, {"o": MIN_BOX - 1}, {"o": MIN_BOX + 1}):
        with pytest.raises(MalformedIndexError):
            parse_index(document(ENTRY, {**second, **clash}), 2 * MIN_BOX)


@pytest.mark.parametrize("size", [0, MIN_BOX - 1, MIN_BOX + 1])
def test_the_records_fill_their_area(size: int) -> None:
    with pytest.raises(MalformedIndexError):
        parse_index(document(ENTRY), size)


def test_the_order_of_the_entries_is_not_the_order_of_the_area() -> None:
    second = {**ENTRY, "n": "other", "id": "11" * 16, "o": MIN_BOX}
    entries = parse_index(document(second, ENTRY), 2 * MIN_BOX).entries
    assert [entry.name.name for entry in entries] == ["other", "prod"]


@pytest.mark.parametrize("text", [document(v=2), document(v=True)])
def test_a_newer_index(text: bytes) -> None:
    with pytest.raises(UnsupportedVaultError):
        parse_index(text, MIN_BOX)


def test_unknown_keys_are_kept_at_the_top_and_inside() -> None:
    first = document({**ENTRY, "zz": [1, {"y": None}]}, meta={"created": 5, "colour": "red"}, later={"deep": [True]})
    again = json.loads(parse_index(first, MIN_BOX).encode())
    assert again == json.loads(first)


def test_what_is_deep_or_escaped_and_can_be_written_back() -> None:
    text = b'{"v":1,"e":[],"meta":{"a":"\\ud83d\\udd11 \\\\ud800"},"later":' + b"[" * 63 + b"]" * 63 + b"}"
    again = parse_index(text, 0).encode()
    assert json.loads(again) == json.loads(text)
    assert parse_index(again, 0) == parse_index(text, 0)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(value=json_values)
def test_any_json_is_an_index_or_refused(value: object) -> None:
    try:
        parse_index(json.dumps(value).encode(), 0)
    except (MalformedIndexError, UnsupportedVaultError):
        return
    assert isinstance(value, dict)


@given(text=st.binary(max_size=60))
def test_any_bytes_are_refused(text: bytes) -> None:
    with pytest.raises((MalformedIndexError, UnsupportedVaultError)):
        parse_index(text, 0)
