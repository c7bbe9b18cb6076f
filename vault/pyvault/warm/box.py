"""The sealed file of one entry: what it is named, and how it is sealed and opened. Pure.

BLAKE2b is all there is: keyed and over a counter it is the stream, keyed over everything it
is the MAC, which is checked first. docs/decisions has why; docs/warm-format.md the bytes.
Source: RFC 7693; the BLAKE2 paper, section 2.8 for ``person``.
"""

from _blake2 import blake2b
from _operator import _compare_digest as compare_digest  # pyright: ignore[reportPrivateUsage] - hmac is Python

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    class Halves(Protocol):
        """Derives keys, see :class:`pyvault.login.halves.Halves`."""

        def key(self, person: bytes) -> bytes:
            """Return a key of 32 bytes."""
            ...


MAGIC = b"PYW1"
NONCE = 24
MAC = 32
BLOCK = 64
OVERHEAD = len(MAGIC) + NONCE + MAC
NAMES, STREAM, AUTHENTIC = b"pyvault warm nam", b"pyvault warm str", b"pyvault warm mac"


class NotAnEntryError(Exception):
    """These bytes are no entry of this name, sealed under this key; never leaves the room."""


class Keys:
    """The three keys of the room."""

    __slots__ = ("_mac", "_names", "_stream")

    def __init__(self, halves: "Halves") -> None:
        """Derive them; none can be computed from another."""
        self._names, self._stream, self._mac = halves.key(NAMES), halves.key(STREAM), halves.key(AUTHENTIC)

    def name(self, question: bytes) -> str:
        """Return the file name for a question."""
        return blake2b(question, digest_size=32, key=self._names).hexdigest()

    def seal(self, name: str, content: bytes, nonce: bytes) -> bytes:
        """Return the file of an entry.

        Args:
            name: of the file.
            content: of the entry.
            nonce: 24 random bytes, never used before.
        """
        box = self._mix(nonce, content)
        return b"".join((MAGIC, nonce, self._tag(name, nonce, box), box))

    def open(self, name: str, file: bytes) -> bytes:
        """Return the content of an entry.

        Raises:
            NotAnEntryError: damaged, under another key, or of another name.
        """
        nonce, tag, box = file[4 : 4 + NONCE], file[4 + NONCE : OVERHEAD], file[OVERHEAD:]
        if file[:4] != MAGIC or len(tag) != MAC or not compare_digest(tag, self._tag(name, nonce, box)):
            raise NotAnEntryError
        return self._mix(nonce, box)

    def _tag(self, name: str, nonce: bytes, box: bytes) -> bytes:
        return blake2b(pack((MAGIC, name.encode(), nonce, box)), digest_size=MAC, key=self._mac).digest()

    def _mix(self, nonce: bytes, text: bytes) -> bytes:
        """XOR with the stream, which undoes itself."""
        size = len(text)
        blocks = range((size + BLOCK - 1) // BLOCK)
        stream = b"".join(blake2b(nonce + at.to_bytes(8, "big"), key=self._stream).digest() for at in blocks)[:size]
        return (int.from_bytes(text, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


def pack(fields: "Iterable[bytes]") -> bytes:
    """Write fields one after the other, each behind its length in four bytes."""
    return b"".join(part for field in fields for part in (len(field).to_bytes(4, "big"), field))


def unpack(packed: bytes) -> list[bytes]:
    """Read what :func:`pack` has written.

    Raises:
        NotAnEntryError: it has not.
    """
    fields: list[bytes] = []
    at, end = 0, len(packed)
    while at < end:
        start = at + 4
        at = start + int.from_bytes(packed[at:start], "big")
        if at > end:
            raise NotAnEntryError
        fields.append(packed[start:at])
    return fields
