"""JSON that somebody else wrote: what is read, and what is one error."""

import contextlib
import json
import traceback
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.json_reader import MAX_DEPTH, Fields, UnreadableError, read_object, read_value
from pyvault.secret import Secret

CANARY = "wJalrXUtnFEMICANARY"


def fields(**values: object) -> Fields:
    return read_object(json.dumps(values).encode())


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"nothing",
        b"[]",
        b"null",
        b'"text"',
        b"1",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1} {"b": 2}',
        b'{"a": "\xff"}',
        b'\xff\xfe{\x00"\x00',
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"a":' + b"[" * (MAX_DEPTH) + b"]" * (MAX_DEPTH) + b"}",
    ],
    ids=range(16),
)
def test_what_is_no_object_of_reason_is_one_error(document: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_object(document)


def test_the_deepest_and_the_longest_document_are_read() -> None:
    read_object(b'{"a":' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"}")
    text = b'{"a":"' + b"[{" * 1000 + b'\\"[' + b'"}'
    assert read_object(text, limit=len(text)).text("a").startswith("[{")
    with pytest.raises(UnreadableError, match=f"more than {len(text) - 1} bytes"):
        read_object(text, limit=len(text) - 1)


def test_a_byte_order_mark_is_skipped_and_a_secret_is_taken() -> None:
    assert read_object(Secret(b'\xef\xbb\xbf{"a": "b"}')).text("a") == "b"


@pytest.mark.parametrize("value", [1, 1.5, True, [], {}, ["a"]])
def test_a_text_is_a_text(value: object) -> None:
    with pytest.raises(UnreadableError, match="a must be a text"):
        fields(a=value).text("a")


@pytest.mark.parametrize("values", [{}, {"a": None}, {"a": ""}])
def test_absent_null_and_empty_texts_are_missing(values: dict[str, object]) -> None:
    assert fields(**values).optional_text("a") is None
    with pytest.raises(UnreadableError, match="a is missing"):
        fields(**values).text("a")


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(UnreadableError, match="valid Unicode"):
        read_object(b'{"a": "\\ud800"}').text("a")


@pytest.mark.parametrize("value", ["1", 1.0, True, -1, 11, 10**30, [1], None])
def test_a_whole_number_is_one_within_its_bounds(value: object) -> None:
    with pytest.raises(UnreadableError):
        fields(a=value).whole("a", most=10)
    assert fields(a=10).whole("a", most=10) == 10


@pytest.mark.parametrize("value", ["true", 1, 0, None, []])
def test_a_flag_is_true_or_false(value: object) -> None:
    with pytest.raises(UnreadableError):
        fields(a=value).flag("a")
    assert fields(a=False).flag("a") is False


@pytest.mark.parametrize(
    "value",
    ["", "never", "2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", 1, {}],
)
def test_a_time_is_one_of_the_calendar(value: object) -> None:
    with pytest.raises(UnreadableError):
        fields(a=value).time("a")


def test_a_time_is_aware_and_in_utc() -> None:
    assert fields(a="2026-01-01T02:00:00+02:00").time("a") == datetime(2026, 1, 1, tzinfo=UTC)


def test_objects_and_lists_are_read_by_name_and_an_error_says_where() -> None:
    document = fields(a={"b": {"c": "d"}}, many=[{"x": "y"}])
    assert document.fields("a").fields("b").text("c") == "d"
    assert [member.text("x") for member in document.many("many")] == ["y"]
    assert {name: inner.text("c") for name, inner in document.items("a").items()} == {"b": "d"}
    with pytest.raises(UnreadableError, match=r"a\.b\.z is missing"):
        document.fields("a").fields("b").text("z")
    with pytest.raises(UnreadableError, match="none is missing"):
        document.many("none")
    assert document.items("none") == {}


@pytest.mark.parametrize("value", [{}, "a", 1, [1], ["a"], [[]], [None]])
def test_a_list_of_objects_is_one(value: object) -> None:
    with pytest.raises(UnreadableError):
        fields(a=value).many("a")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(CANARY),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(
    st.binary()
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.text(), JSON).map(lambda value: json.dumps(value).encode())
)
def test_any_document_is_read_or_is_that_error(document: bytes) -> None:
    try:
        found = read_object(document)
        for name in found.names():
            for read in (found.text, found.whole, found.flag, found.fields, found.many, found.items, found.time):
                with contextlib.suppress(UnreadableError):
                    read(name)
    except UnreadableError:
        pass


@pytest.mark.parametrize(
    "document", [f'{{"a": "{CANARY}", "b": ', f'{{"a": "{CANARY}"}}', f'{{"{CANARY}": 1, "a": 2, x']
)
def test_nothing_of_the_document_is_in_the_error_or_its_trace(document: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_object(document.encode()).whole("a")
    shown = "".join(traceback.format_exception(caught.value))
    assert CANARY not in shown.replace(document, "")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("document", [b'{"a": 1, "a": 2}', b'[{"a": 1, "a": 1}]', b'\xef\xbb\xbf{"a": 1}'])
def test_an_exact_reader_takes_one_form_only(document: bytes) -> None:
    read_value(document)
    with pytest.raises(UnreadableError):
        read_value(document, exact=True)
