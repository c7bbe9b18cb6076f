"""The encrypted index: names, places and hashes of the records.

It is bound to the generation and transaction of its header, so an old index can't
follow a new header. It is JSON so that a later version can add keys. This version keeps
what it doesn't know: keys at the top and inside entries, and whole records of later kinds.

Longer than most files: the reading rules are next to the records that they make.

Source: docs/vault-format.md, section 4, "INDEX_BOX".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from pyvault.errors import InvalidNameError, ItemNotFoundError, TamperedError, UnsupportedVaultError
from pyvault.names import ItemName, Kind, kind_in_store, parse_name
from pyvault.record import Record, field
from pyvault.sealing import BrokenSealError, open_box, pad, seal, unpad
from pyvault.secret import Secret
from pyvault.vaultfile.format.index_json import Json, read_index_text
from pyvault.vaultfile.format.sealed_record import MAX_BOX, MIN_BOX, RECORD_ID_SIZE

if TYPE_CHECKING:
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.format.sealed_record import Keys


INDEX_VERSION = 1
CONTEXT = b"pyvault/v1/index\0"
PADDING = 4096  # bytes; hides how many records there are
MAX_ENTRIES = 100_000
MAX_REVISION = (1 << 64) - 1
MAX_EPOCH_SECONDS = 253_402_300_799  # the last second of the year 9999, the last that datetime knows
HASH_SIZE = 32


class MalformedIndexError(Exception):
    """The text is not an index; the message says where it fails, and shows nothing of it."""


class IndexEntry(Record):
    """One record, as the index knows it.

    Attributes:
        record_id: 16 random bytes.
        revision: 1, then +1 on every replacement.
        offset: from the start of the record area.
        length: bytes of the sealed box.
        digest: SHA-256 of the sealed box.
        modified: whole epoch seconds.
        expires: whole epoch seconds, or None.
        attributes: not secret.
        unknown: keys of a later version, kept.
    """

    name: ItemName
    record_id: bytes
    revision: int
    offset: int
    length: int
    digest: bytes
    modified: int
    expires: int | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict[str, Json])
    unknown: Mapping[str, Json] = field(default_factory=dict[str, Json])

    @property
    def version(self) -> str:
        """Another text after every write: each seals with a fresh nonce. A rekey seals all anew."""
        return self.digest.hex()

    def as_json(self) -> dict[str, Json]:
        """Return the entry's JSON object."""
        known: dict[str, Json] = {
            "k": self.name.kind.value,
            "n": self.name.name,
            "id": self.record_id.hex(),
            "r": self.revision,
            "o": self.offset,
            "l": self.length,
            "h": self.digest.hex(),
            "t": self.modified,
        }
        if self.expires is not None:
            known["x"] = self.expires
        if self.attributes:
            known["a"] = self.attributes
        return {**self.unknown, **known}


class Index(Record):
    """What a vault holds.

    Attributes:
        entries: in the order of the record area.
        meta: slot labels, time of creation, previous fingerprints; open for more.
        unknown: keys of a later version, kept.
    """

    entries: tuple[IndexEntry, ...] = ()
    meta: Mapping[str, Json] = field(default_factory=dict[str, Json])
    unknown: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def find(self, name: ItemName) -> IndexEntry:
        """Return the entry of that name.

        Raises:
            ItemNotFoundError: there is none.
        """
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise ItemNotFoundError(f"there is no item '{name}'")

    def previous_fingerprints(self) -> list[bytes]:
        """Return the fingerprints of earlier data keys of this vault, oldest first."""
        listed = self.meta.get("prev")
        if not isinstance(listed, list):
            return []
        return [bytes.fromhex(item) for item in listed if isinstance(item, str) and _is_hex(item)]

    def slot_labels(self) -> dict[str, str]:
        """Return the labels of the slots by slot id in hex."""
        labels = self.meta.get("slots")
        if not isinstance(labels, Mapping):
            return {}
        return {slot_id: label for slot_id, label in labels.items() if isinstance(label, str)}

    def encode(self) -> bytes:
        """Return the JSON text."""
        document: dict[str, Json] = {
            **self.unknown,
            "v": INDEX_VERSION,
            "meta": self.meta,
            "e": [entry.as_json() for entry in self.entries],
        }
        return json.dumps(document, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def seal_index(keys: Keys, header: Header, index: Index) -> bytes:
    """Seal the index for exactly this vault, generation and transaction."""
    return seal(keys.index, _context(header), pad(Secret(index.encode()), PADDING))


def open_index(keys: Keys, header: Header, box: bytes, path: object) -> Index:
    """Open and check the index; the header's HMAC must have been verified.

    Raises:
        TamperedError: it can't be opened, or describes an impossible record area.
        UnsupportedVaultError: written by a newer pyvault.
    """
    try:
        text = unpad(open_box(keys.index, _context(header), box), PADDING)
        return parse_index(text.reveal(), header.records_size)
    except BrokenSealError:
        raise TamperedError(f"the index of '{path}' was modified or damaged") from None
    except MalformedIndexError as exc:
        raise TamperedError(f"the index of '{path}' is damaged: {exc}") from None
    except UnsupportedVaultError as exc:
        raise UnsupportedVaultError(f"'{path}' needs a newer pyvault: {exc}") from None


def parse_index(text: bytes, records_size: int) -> Index:
    """Parse the index's JSON, and check that its records tile the record area.

    Raises:
        MalformedIndexError: it breaks a rule of the format.
        UnsupportedVaultError: a newer version of the index.
    """
    try:
        document = read_index_text(text)
    except (ValueError, RecursionError):
        raise MalformedIndexError("it is not the JSON of an index") from None
    top = _object(document, "the index")
    version = top.pop("v", None)
    if version != INDEX_VERSION or isinstance(version, bool):
        raise UnsupportedVaultError(f"index version {version!r}")
    listed = top.pop("e", None)
    if not isinstance(listed, list) or len(listed) > MAX_ENTRIES:
        raise MalformedIndexError("the list of entries is missing or too long")
    entries = tuple(_entry(item) for item in listed)
    _check_tiling(entries, records_size)
    if len({entry.name for entry in entries}) != len(entries):
        raise MalformedIndexError("two entries have one name")
    if len({entry.record_id for entry in entries}) != len(entries):
        raise MalformedIndexError("two entries have one id")
    return Index(entries=entries, meta=_object(top.pop("meta", {}), "meta"), unknown=top)


def _entry(item: Json) -> IndexEntry:
    rest = _object(item, "an entry")
    kind, name = rest.pop("k", None), rest.pop("n", None)
    if not isinstance(kind, str) or not isinstance(name, str):
        raise MalformedIndexError("an entry has no name")
    if kind in tuple(Kind) and not _is_normal(name):  # a later kind may have other rules for names
        raise MalformedIndexError("an entry has an impossible name")
    expires = rest.pop("x", None)
    return IndexEntry(
        name=ItemName(kind_in_store(kind), name),
        record_id=_hex(rest.pop("id", None), RECORD_ID_SIZE),
        revision=_number(rest.pop("r", None), 1, MAX_REVISION),
        offset=_number(rest.pop("o", None), 0, MAX_REVISION),
        length=_number(rest.pop("l", None), MIN_BOX, MAX_BOX),
        digest=_hex(rest.pop("h", None), HASH_SIZE),
        modified=_number(rest.pop("t", None), 0, MAX_EPOCH_SECONDS),
        expires=None if expires is None else _number(expires, 0, MAX_EPOCH_SECONDS),
        attributes=_object(rest.pop("a", {}), "the attributes"),
        unknown=rest,
    )


def _is_normal(name: str) -> bool:
    try:
        return parse_name(name) == name
    except InvalidNameError:
        return False


def _check_tiling(entries: tuple[IndexEntry, ...], records_size: int) -> None:
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.offset):
        if entry.offset != end:
            raise MalformedIndexError("the records overlap or leave a gap")
        end += entry.length
    if end != records_size:
        raise MalformedIndexError("the records don't fill their area")


def _context(header: Header) -> bytes:
    return CONTEXT + header.vault_id + header.generation.to_bytes(8, "big") + header.txid


def _object(value: object, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise MalformedIndexError(f"{what} is not an object")
    return dict(cast("dict[str, Json]", value))  # the JSON parser makes no other dicts


def _number(value: Json, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise MalformedIndexError("a number is missing or out of bounds")
    return value


def _hex(value: Json, size: int) -> bytes:
    # Lower case only: bytes.fromhex() alone takes blanks and capitals too.
    if not isinstance(value, str) or len(value) != 2 * size or not _is_hex(value):
        raise MalformedIndexError("an id or a hash is missing or malformed")
    return bytes.fromhex(value)


def _is_hex(text: str) -> bool:
    return len(text) % 2 == 0 and not text.strip("0123456789abcdef")
