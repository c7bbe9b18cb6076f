"""Read JSON from outside: bounded in size and depth, with exact types for each field.

Answers of AWS, of containers and metadata services, the output of commands and our
own state files are all read here, so that a wrong type, a missing field, deep nesting,
a huge number or an impossible time is one error, :class:`UnreadableError`. The caller
turns it into the error that names the source. Its text names a field and what it must
be, and shows nothing of the document, which may contain a secret.

The index of a vault has its own, stricter reader (``vaultfile.format.index_json``): there
a duplicate key is damage; here the last one counts, as in AWS's own readers.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import NoReturn, Self

    from pyvault.secret import Secret

#: The longest answer of AWS, a metadata service or a command, in bytes; real ones have a few KiB.
MAX_ANSWER: Final = 1 << 20
#: Nested objects and lists; no format that we read needs more than six.
MAX_DEPTH: Final = 32
#: The largest whole number that a JavaScript reader represents exactly. Source: RFC 8259, section 6.
MAX_WHOLE: Final = 2**53 - 1


class UnreadableError(ValueError):
    """A document is not what it must be; the text names the field, and shows nothing of the document."""


class Fields:
    """One JSON object, read by methods for each type of field.

    Absent and null are the same, as for the programs that write these documents.
    A boolean is not a number.
    """

    def __init__(self, values: Mapping[str, object], *, inside: str = "") -> None:
        """Wrap an object.

        Args:
            values: the parsed object.
            inside: the prefix of field names in errors, such as ``roleCredentials.``.
        """
        self._values = values
        self._inside = inside

    def has(self, key: str) -> bool:
        """Return whether a field is present and not null."""
        return self._values.get(key) is not None

    def text(self, key: str) -> str:
        """Return a text that is not empty.

        Raises:
            UnreadableError: it is absent, empty or of another type.
        """
        found = self.optional_text(key)
        return self._missing(key) if found is None else found

    def optional_text(self, key: str) -> str | None:
        """Return a text; None if it is absent or empty.

        Raises:
            UnreadableError: it is of another type, or not valid Unicode.
        """
        value = self._values.get(key)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            self._wrong(key, "a text")
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, which can't be passed on
            self._wrong(key, "a text of valid Unicode")
        return value

    def optional_digits(self, key: str, count: int) -> str | None:
        """Return a text of *count* digits, such as an account id; None if it is absent or empty.

        Raises:
            UnreadableError: it is anything else.
        """
        text = self.optional_text(key)
        if text is not None and not (text.isascii() and text.isdigit() and len(text) == count):
            self._wrong(key, f"{count} digits")
        return text

    def whole(self, key: str, *, least: int = 0, most: int = MAX_WHOLE) -> int:
        """Return a whole number within bounds.

        Raises:
            UnreadableError: it is absent, out of bounds or of another type.
        """
        value = self._there(key)
        if type(value) is not int or not least <= value <= most:
            self._wrong(key, str(least) if least == most else f"a whole number from {least} to {most}")
        return value

    def flag(self, key: str) -> bool:
        """Return a boolean.

        Raises:
            UnreadableError: it is absent or of another type.
        """
        value = self._there(key)
        if not isinstance(value, bool):
            self._wrong(key, "true or false")
        return value

    def fields(self, key: str) -> Self:
        """Return the object in a field.

        Raises:
            UnreadableError: it is absent or of another type.
        """
        value = self._there(key)
        if not isinstance(value, dict):
            self._wrong(key, "an object")
        return type(self)(cast("dict[str, object]", value), inside=f"{self._inside}{key}.")

    def items(self, key: str) -> dict[str, Self]:
        """Return the objects in a field by their names; none if it is absent.

        Raises:
            UnreadableError: it, or one of them, is of another type.
        """
        if not self.has(key):
            return {}
        inner = self.fields(key)
        return {name: inner.fields(name) for name in inner.names()}

    def many(self, key: str) -> list[Self]:
        """Return the objects of a list.

        Raises:
            UnreadableError: it is absent, or it or one of them is of another type.
        """
        members = self._members(key)
        if not all(isinstance(member, dict) for member in members):
            self._wrong(key, "a list of objects")
        return [type(self)(cast("dict[str, object]", member), inside=f"{self._inside}{key}.") for member in members]

    def texts(self, key: str) -> list[str]:
        """Return the texts of a list.

        Raises:
            UnreadableError: it is absent, or it or one of them is of another type.
        """
        members = self._members(key)
        texts = [member for member in members if isinstance(member, str)]
        if len(texts) != len(members):
            self._wrong(key, "a list of texts")
        return texts

    def path(self, key: str) -> str:
        """Return the path of a file, with bytes that aren't UTF-8 as surrogate escapes (PEP 383).

        Raises:
            UnreadableError: it is absent, of another type, or not a possible path.
        """
        value = self._there(key)
        if not isinstance(value, str) or not _is_path(value):
            self._wrong(key, "a path")
        return value

    def paths(self, key: str) -> list[str]:
        """Return the paths of a list, see :meth:`path`.

        Raises:
            UnreadableError: it is absent, or it or one of them is of another type.
        """
        found = self.texts(key)
        if not all(_is_path(each) for each in found):
            self._wrong(key, "a list of paths")
        return found

    def names(self) -> list[str]:
        """Return the names of the fields."""
        return list(self._values)

    def time(self, key: str) -> datetime:
        """Return an RFC 3339 time, aware, in UTC.

        Raises:
            UnreadableError: it is absent, of another type, or no time of the calendar.
        """
        from pyvault.clock import parse_rfc3339

        text = self.text(key)
        try:
            return parse_rfc3339(text)
        except ValueError:
            self._wrong(key, "a time (RFC 3339)")

    def foreign_time(self, key: str) -> datetime:
        """Return a time as other programs write it, in whole seconds; see :mod:`pyvault.foreign_time`.

        Raises:
            UnreadableError: it is absent, of another type, or no time of the calendar.
        """
        from pyvault.foreign_time import parse_foreign_time

        text = self.text(key)
        try:
            return parse_foreign_time(text).replace(microsecond=0)
        except ValueError:
            self._wrong(key, "a time")

    def _there(self, key: str) -> object:
        value = self._values.get(key)
        return self._missing(key) if value is None else value

    def _members(self, key: str) -> list[object]:
        value = self._there(key)
        if not isinstance(value, list):
            self._wrong(key, "a list")
        return cast("list[object]", value)

    def _missing(self, key: str) -> NoReturn:
        raise UnreadableError(f"{self._inside}{key} is missing") from None

    def _wrong(self, key: str, expected: str) -> NoReturn:
        raise UnreadableError(f"{self._inside}{key} must be {expected}") from None


def read_object(document: bytes | Secret[bytes], *, limit: int = MAX_ANSWER) -> Fields:
    """Return the fields of a document that is one JSON object.

    Args:
        document: UTF-8; a byte order mark is skipped.
        limit: the maximum size in bytes.

    Raises:
        UnreadableError: too long, too deep, not JSON, or not an object.
    """
    value = read_value(document, limit=limit)
    if not isinstance(value, dict):
        raise UnreadableError("it is not a JSON object")
    return Fields(cast("dict[str, object]", value))


def read_value(document: bytes | Secret[bytes], *, limit: int = MAX_ANSWER, exact: bool = False) -> object:
    """Return the value of any JSON document, for a caller that checks every type itself.

    Args:
        document: UTF-8; a byte order mark is skipped.
        limit: the maximum size in bytes.
        exact: refuse a byte order mark, half surrogate pairs and duplicate keys, which readers interpret differently.

    Raises:
        UnreadableError: too long, too deep, or not JSON.
    """
    import json

    data = document if isinstance(document, bytes) else document.reveal()
    if len(data) > limit:
        raise UnreadableError(f"it has more than {limit} bytes")
    if _is_too_deep(data):
        raise UnreadableError(f"it has more than {MAX_DEPTH} levels")
    try:
        value: object = json.loads(
            (data if exact else data.removeprefix(codecs.BOM_UTF8)).decode(),  # see pyvault.config.syntax
            object_pairs_hook=_unique if exact else None,
            parse_constant=_refuse,
            parse_float=_finite,
        )
        if exact and b"\\ud" in data.lower():  # half of a surrogate pair can be written in JSON only
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # ValueError is UnicodeDecodeError, JSONDecodeError and 5000 digits, too
        raise UnreadableError("it is not JSON") from None
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def _is_path(text: str) -> bool:
    try:
        return text != "" and b"\0" not in text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return False


def _is_too_deep(data: bytes) -> bool:
    """Return whether lists and objects are nested too deeply, before a parser recurses into them."""
    if data.count(b"{") + data.count(b"[") <= MAX_DEPTH:  # nearly always
        return False
    depth = 0
    inside = escaped = False
    for byte in data:
        if inside:
            inside = escaped or byte != ord('"')
            escaped = byte == ord("\\") and not escaped
        elif byte == ord('"'):
            inside = True
        elif byte in b"{[":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif byte in b"}]":
            depth -= 1
    return False


def _refuse(_constant: str) -> NoReturn:
    raise ValueError  # NaN and Infinity are not JSON


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError
    return value
