"""The lines of a shared file, in the two ways in which the SDKs read them. Pure.

:mod:`pyvault.config.syntax` reads a file as we do. Here a file is read as other
programs may, so nothing may be missed that any of them would see:

* The strict reader (botocore's ConfigParser): a line indented deeper than its key
  continues the value, whatever it looks like. A final backslash means nothing.
* The loose reader (JavaScript v3): indentation matters only below an empty value,
  for nested pairs; everywhere else a line is a header or a key.

Bytes stay bytes, so that a file can be written again without a change.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pyvault.config.syntax import COMMENT_MARKS
from pyvault.record import MutableRecord, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTE_ORDER_MARK: Final = "\ufeff"
LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
HEADER: Final = re.compile(r"\[(.*?)\]\s*(?:[#;].*)?\Z|\[(.*?)\]")


class Line(Record):
    """One line of a file.

    Attributes:
        number: from 1.
        raw: with its line end.
        header: of its section; None before the first.
        heads: it is the header.
        key: of the entry it belongs to, in lower case; None for headers, comments and blank lines.
        begins: it is the first line of that entry.
    """

    number: int
    raw: bytes
    header: str | None
    heads: bool = False
    key: str | None = None
    begins: bool = False


class _Reader(MutableRecord):
    """What the next line may continue."""

    loose: bool
    header: str | None = None
    key: str | None = None
    depth: int = 0
    nesting: bool = False  # the value of the open key is empty, so deeper lines are below it

    def take(self, number: int, raw: bytes) -> Line:
        line = raw.decode(errors="surrogateescape").removeprefix(BYTE_ORDER_MARK if number == 1 else "")
        text = line.strip()
        if not text or text[0] in COMMENT_MARKS:
            return Line(number=number, raw=raw, header=self.header)
        depth = len(line) - len(line.lstrip())
        if self.key is not None and self._continues(depth):
            return Line(number=number, raw=raw, header=self.header, key=self.key)
        if (header := _header(text)) is not None:
            self.header, self.key = header, None
            return Line(number=number, raw=raw, header=header, heads=True)
        key, value = _split(text)
        if key is None:  # no reader takes it for a key: it belongs to the one above
            return Line(number=number, raw=raw, header=self.header, key=self.key)
        self.key, self.depth, self.nesting = key, depth, not value
        return Line(number=number, raw=raw, header=self.header, key=key, begins=True)

    def _continues(self, depth: int) -> bool:
        return depth > (0 if self.loose else self.depth) and (self.nesting or not self.loose)


def read_lines(data: bytes, *, loose: bool) -> Iterator[Line]:
    """Yield every line of a file, in order; their ``raw`` joined is the file."""
    reader = _Reader(loose=loose)
    for number, raw in enumerate(LINE.findall(data), start=1):
        yield reader.take(number, raw)


def line_end(data: bytes) -> bytes:
    """Return the line end that a file uses."""
    return b"\r\n" if b"\r\n" in data else b"\n"


def _header(text: str) -> str | None:
    match = HEADER.match(text)
    return (match[1] if match[1] is not None else match[2]).strip() if match else None


def _split(text: str) -> tuple[str | None, str]:
    end = min((position for position in (text.find("="), text.find(":")) if position >= 0), default=-1)
    key = text[:end].strip().lower() if end >= 0 else ""
    return (key, text[end + 1 :].strip()) if key else (None, "")
