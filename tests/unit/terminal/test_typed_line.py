"""A line that is typed unseen: the keys that a terminal's own line editing knows."""

from __future__ import annotations

import pytest

from pyvault_cli.terminal.typed_line import TypedLine


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("secret\n", "secret\n"),
        ("secret\r", "secret\n"),
        ("secrex\x7ft\n", "secret\n"),
        ("secrex\x08t\n", "secret\n"),
        ("caf\u00e9\x7fe\n", "cafe\n"),
        ("\u65e5\u672c\x7f\x7fx\n", "x\n"),
        ("\x7f\x7fa\n", "a\n"),
        ("wrong\x15right\n", "right\n"),
        ("ab\x04c\n", "abc\n"),
        ("\x04", ""),
        ("a\x15\x04", ""),
        ("\n", "\n"),
        ("a\tb \n", "a\tb \n"),
    ],
)
def test_keys(keys: str, line: str) -> None:
    typed = TypedLine(erase=b"\x7f", kill=b"\x15", end_of_file=b"\x04")
    for byte in keys.encode():
        assert not typed.ended
        typed.take(bytes([byte]))
    assert typed.ended
    assert typed.taken().decode() == line


def test_what_was_typed_is_in_no_repr() -> None:
    typed = TypedLine(erase=b"\x7f", kill=b"\x15", end_of_file=b"\x04")
    for byte in b"hunter22":
        typed.take(bytes([byte]))
    assert "hunter" not in repr(typed)
