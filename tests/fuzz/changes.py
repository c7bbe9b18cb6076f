"""Changes that turn a valid input into one that is nearly valid.

A change is three numbers, so that Hypothesis can shrink it, a generator can draw
it, and the same one always does the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

Change = tuple[int, int, int]

LONG = b"9" * 4400  # beyond what int() reads
#: What readers of numbers, times, texts and nested things stumble over.
PIECES = (
    b'"', b"'", b"{", b"}", b"[", b"]", b",", b":", b"=", b"\\", b"/", b".", b"%", b"#", b";", b" ", b"\t", b"\n", b"\r\n", b"\r",
    b"\x00", b"\x0c", b"\x1b[2J", b"\x7f", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8", b"\xed\xa0\x80",
    b"\xf0\x9f\x94\x91", "é".encode(), "e\u0301".encode(), "\u0661\u0662".encode(), "\u0130".encode(), b"\\ud800", b"\\u0000", b"--", b"-", b"+",
    LONG, b"9" * 400, b"1e999", b"-1", b"0", b"[" * 100, b'{"a":' * 100, b"a" * 1000, b"%00", b"%ff",
)  # fmt: skip
#: What stands in the place of a value.
VALUES = (
    b"null", b"true", b"false", b"0", b"-0", b"-1", b"1", b"1.5", b"1e5", b"1e999", b"9" * 400, LONG, b"-" + LONG, b"NaN", b"Infinity", b"-Infinity",
    b"9007199254740993", b"18446744073709551616", b"253402300800", b"0x10", b"1_0", b'""', b'"a"', b"[]", b"{}", b"[{}]", b'{"a":1}',
    b'"\\ud800"', b'"\\u0000"', b'"a\\nb"', b'"a b"', b'"0001-01-01T00:00:00+10:00"', b'"9999-12-31T23:59:59-10:00"', b'"2026-02-30T00:00:00Z"',
    b'"2026-01-01"', b'"20260101T000000Z"', b'"2026-W01-1T00:00:00Z"', b'"Mon, 01 Jan 0000 00:00:00 GMT"', b'"2026-01-01 00:00:00 +0000 UTC"',
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", b'"' + b"x" * 2000 + b'"',
)  # fmt: skip
VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?|\b(?:true|false|null)\b')
DIGITS = re.compile(rb"[0-9]+")
LINE = re.compile(rb"[^\n]*\n?")


def apply(data: bytes, changes: Sequence[Change], others: Sequence[bytes], *, longest: int) -> bytes:
    """Return the input after these changes.

    Args:
        data: an input, valid or not.
        changes: what to do, where, and with what.
        others: inputs of the same target, to take parts of.
        longest: bytes that the result may have.
    """
    for kind, where, what in changes:
        data = KINDS[kind % len(KINDS)](data, where, what, others)[:longest]
    return data


def draw(random: Random) -> list[Change]:
    """Draw some changes: mostly one, as one is what a reader may overlook."""
    count = random.choice((1, 1, 1, 2, 2, 3, 5))
    return [(random.randrange(1 << 16), random.randrange(1 << 16), random.randrange(1 << 16)) for _ in range(count)]


def _at(data: bytes, where: int) -> int:
    return where % (len(data) + 1)


def _flip(data: bytes, where: int, what: int, _others: Sequence[bytes]) -> bytes:
    at = _at(data, where)
    return data[:at] + bytes(byte ^ (1 << what % 8) for byte in data[at : at + 1]) + data[at + 1 :]


def _set(data: bytes, where: int, what: int, _others: Sequence[bytes]) -> bytes:
    at = _at(data, where)
    return data[:at] + bytes([what % 256]) + data[at + 1 :]


def _cut(data: bytes, where: int, what: int, _others: Sequence[bytes]) -> bytes:
    at = _at(data, where)
    return data[:at] + data[at + 1 + what % 32 :]


def _end(data: bytes, where: int, _what: int, _others: Sequence[bytes]) -> bytes:
    return data[: _at(data, where)]


def _repeat(data: bytes, where: int, what: int, _others: Sequence[bytes]) -> bytes:
    at = _at(data, where)
    return data[:at] + data[at : at + 1 + what % 64] * (2 + what % 3) + data[at + 1 + what % 64 :]


def _insert(data: bytes, where: int, what: int, _others: Sequence[bytes]) -> bytes:
    at = _at(data, where)
    return data[:at] + PIECES[what % len(PIECES)] + data[at:]


def _splice(data: bytes, where: int, what: int, others: Sequence[bytes]) -> bytes:
    other = others[what % len(others)] if others else data
    return data[: _at(data, where)] + other[_at(other, what) :]


def _chosen(pattern: re.Pattern[bytes], data: bytes, where: int, new: bytes) -> bytes:
    found = [match for match in pattern.finditer(data) if match.end() > match.start()]
    if not found:
        return data + new
    match = found[where % len(found)]
    return data[: match.start()] + new + data[match.end() :]


def _value(data: bytes, where: int, what: int, _others: Sequence[bytes]) -> bytes:
    return _chosen(VALUE, data, where, VALUES[what % len(VALUES)])


def _digits(data: bytes, where: int, what: int, _others: Sequence[bytes]) -> bytes:
    return _chosen(DIGITS, data, where, (b"0", b"1", b"65536", b"99999999999", LONG, b"00")[what % 6])


def _line(data: bytes, where: int, what: int, others: Sequence[bytes]) -> bytes:
    other = LINE.findall(others[what % len(others)] if others else data)
    return _chosen(LINE, data, where, other[what % len(other)] * (what % 3))


def _swap_values(data: bytes, where: int, what: int, _others: Sequence[bytes]) -> bytes:
    found = VALUE.findall(data)
    return _chosen(VALUE, data, where, found[what % len(found)]) if found else data


KINDS: tuple[Callable[[bytes, int, int, Sequence[bytes]], bytes], ...] = (
    _flip, _set, _cut, _end, _repeat, _insert, _splice, _value, _digits, _line, _swap_values,
)  # fmt: skip
