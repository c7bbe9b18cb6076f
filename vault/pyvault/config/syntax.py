r"""The syntax of AWS config files, read without losing a byte's meaning.

What counts, where the readers of this format differ:

* Lines end in LF, CRLF or CR; a byte order mark is skipped; the text is UTF-8.
* ``[section]`` may carry a comment. Keys are case-insensitive, sections are not.
* The first ``=`` or ``:`` ends the key. ``#`` and ``;`` begin a comment at the
  start of a line, and in a value after white space, but not between quotes.
* A line that is indented deeper than its key continues the value. After an empty
  value such lines are nested ``key = value`` pairs. A final ``\`` continues it too.
* Sections and keys that repeat are merged; the last value wins.

Nothing is interpolated, and no section inherits from another by its name. Every
character is read a bounded number of times, whatever the file holds: shell
completion parses it at every Tab.

Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
"""

from __future__ import annotations

import codecs
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pyvault.errors import ConfigError
from pyvault.record import MutableRecord, Record, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

COMMENT_MARKS: Final = "#;"
BLANKS: Final = " \t"


class Entry(Record, uncompared=("path",)):
    """One key's value.

    Attributes:
        value: without comments; lines that go on are joined by newlines.
        line: of the key, from 1.
        path: the file; not compared, so the same text elsewhere is an equal entry.
        nested: the pairs below an empty value, keys in lower case.
    """

    value: str
    line: int
    path: Path
    nested: Mapping[str, str] = field(default_factory=dict[str, str])


class Section(Record):
    """One section: all blocks of the same header together.

    Attributes:
        header: the text between the brackets, trimmed.
        entries: keys in lower case, in file order.
        repeated: those that the file sets more than once here.
    """

    header: str
    line: int
    entries: Mapping[str, Entry]
    repeated: frozenset[str] = frozenset()


class _OpenEntry(MutableRecord):
    """A key whose value may continue in the next line."""

    key: str
    indent: int
    line: int
    pieces: list[list[str]] = field(default_factory=list[list[str]])  # of each part; a backslash adds one
    escaped: bool = False  # the last line ended in a backslash

    def add(self, text: str) -> None:
        """Add a line without blanks around it."""
        joined = self.escaped
        self.escaped = text.endswith("\\")
        if not joined:
            self.pieces.append([])
        if text := text[:-1].rstrip(BLANKS) if self.escaped else text:
            self.pieces[-1].append(text)

    def parts(self) -> list[str]:
        """Return the value's lines; those that a backslash continued are one."""
        return [" ".join(pieces) for pieces in self.pieces]


class _Entries(MutableRecord):
    """The entries of a section so far."""

    by_key: dict[str, Entry] = field(default_factory=dict[str, Entry])
    repeated: set[str] = field(default_factory=set[str])

    def add(self, key: str, entry: Entry) -> None:
        if key in self.by_key:
            self.repeated.add(key)
        self.by_key[key] = entry


def parse(data: bytes, path: Path) -> tuple[Section, ...]:
    """Read the sections of a config file, in the order of their first headers.

    Args:
        data: the whole file.
        path: for messages only.

    Raises:
        ConfigError: names the file, the line and what is wrong there, never the
            text of the line: it may hold a secret.
    """
    sections: dict[str, tuple[int, _Entries]] = {}
    entries: _Entries | None = None
    current: _OpenEntry | None = None
    for number, line in enumerate(_lines(data), start=1):
        text = line.strip(BLANKS)
        continues = current is not None and current.escaped
        if not continues and (not text or text[0] in COMMENT_MARKS):
            continue
        _require_unicode(text, path, number)
        indent = len(line) - len(line.lstrip(BLANKS))
        if current is not None and (continues or indent > current.indent):
            current.add(without_comment(text))
            continue
        if entries is not None and current is not None:
            entries.add(current.key, _close(current, path))
            current = None
        if text[0] == "[":
            header = _header(text, path, number)
            _, entries = sections.setdefault(header, (number, _Entries()))
            continue
        if entries is None:
            raise ConfigError(f"{_at(path, number)}: key before the first section")
        current = _open(text, indent, path, number)
    if entries is not None and current is not None:
        entries.add(current.key, _close(current, path))
    return tuple(
        Section(header=header, line=line, entries=found.by_key, repeated=frozenset(found.repeated))
        for header, (line, found) in sections.items()
    )


def without_comment(text: str) -> str:
    """Cut an inline comment: a mark after white space that no quotes enclose."""
    quote = ""
    last = {char: text.rfind(char) for char in "\"'"}  # an unclosed quote is an ordinary character
    for position, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in last and last[char] > position:
            quote = char
        elif char in COMMENT_MARKS and position and text[position - 1] in BLANKS:
            return text[:position].rstrip(BLANKS)
    return text


def unquoted(value: str) -> str:
    """Return a value without the pair of quotes around it, as aws-vault does."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _lines(data: bytes) -> Iterable[str]:
    # Not str.splitlines: it also splits at form feeds and Unicode separators, where
    # other readers of this file see one value.
    # Not "utf-8-sig", which is Python code in a call of C: that makes another of what a signal handler raises in it.
    text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _open(text: str, indent: int, path: Path, number: int) -> _OpenEntry:
    ends = [position for position in (text.find("="), text.find(":")) if position >= 0]
    if not ends:
        raise ConfigError(f"{_at(path, number)}: key-value delimiter not found")
    end = min(ends)
    key = text[:end].strip(BLANKS).lower()
    if not key:
        raise ConfigError(f"{_at(path, number)}: value without a key")
    entry = _OpenEntry(key=key, indent=indent, line=number)
    # Not stripped before: the blank in "key = # note" makes the rest a comment, "key =#1" has a value.
    entry.add(without_comment(text[end + 1 :]).strip(BLANKS))
    return entry


def _close(entry: _OpenEntry, path: Path) -> Entry:
    parts = entry.parts()
    if parts[0] or len(parts) == 1:
        return Entry(value="\n".join(part for part in parts if part), line=entry.line, path=path)
    nested: dict[str, str] = {}
    for part in parts[1:]:
        key, found, inner = part.partition("=")
        if not found or not key.strip(BLANKS):
            message = f"{_at(path, entry.line)}: key-value delimiter not found below {entry.key!r}"
            raise ConfigError(message)
        nested[key.strip(BLANKS).lower()] = inner.strip(BLANKS)
    return Entry(value="", line=entry.line, path=path, nested=MappingProxyType(nested))


def _header(text: str, path: Path, number: int) -> str:
    end = text.find("]")
    while end >= 0:
        after = end + 1
        while after < len(text) and text[after] in BLANKS:
            after += 1
        if after == len(text) or text[after] in COMMENT_MARKS:
            header = text[1:end].strip(BLANKS)
            if not header:
                raise ConfigError(f"{_at(path, number)}: section without a name")
            return header
        end = text.find("]", after)
    raise ConfigError(f"{_at(path, number)}: section header not closed")


def _require_unicode(text: str, path: Path, number: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{_at(path, number)}: not valid UTF-8") from None
    if "\0" in text:
        raise ConfigError(f"{_at(path, number)}: NUL character")


def _at(path: Path, line: int) -> str:
    return f'"{path}", line {line}'
