"""Names that come from outside, each checked by one function."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple, NewType

from pyvault.errors import InvalidNameError

ProfileName = NewType("ProfileName", str)

MAX_NAME_BYTES = 512


class Kind(StrEnum):
    """What an item is. This version makes exactly these; see :class:`LaterKind` for others."""

    CREDENTIAL = "credential"
    PENDING = "pending"
    SESSION = "session"
    SSO_TOKEN = "sso-token"  # noqa: S105 - a kind, not a password
    SSO_CLIENT = "sso-client"
    LOGIN_SESSION = "login-session"
    TOTP = "totp"
    KEK = "kek"
    BRIDGE = "bridge"


class LaterKind(str):
    """A kind that a later version made: its items are kept and listed, but not interpreted."""

    __slots__ = ()

    @property
    def value(self) -> str:
        """The text, as for members of :class:`Kind`."""
        return str(self)


#: What can be a kind of item in a store: a word, like all of :class:`Kind`.
KIND_WORD = re.compile(r"[a-z][a-z0-9-]{0,31}")


class ItemName(NamedTuple):
    """The name of one item in a backend: ``kind/name``, split at the first slash.

    Exact and case-sensitive for the user, whatever the underlying store does.
    """

    kind: Kind | LaterKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def parse_name(text: str) -> str:
    """Return the name of an item in NFC, after checking it.

    Raises:
        InvalidNameError: empty, over 512 bytes of UTF-8, not encodable, or with
            control characters (they could forge lines on a terminal).
    """
    name = unicodedata.normalize("NFC", text)
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise InvalidNameError(f"the name {name!r} is not valid Unicode") from None
    if not 1 <= size <= MAX_NAME_BYTES:
        raise InvalidNameError(f"a name must have 1 to {MAX_NAME_BYTES} bytes, not {size}")
    if any(unicodedata.category(char) == "Cc" for char in name):
        raise InvalidNameError(f"the name {name!r} contains control characters")
    return name


def parse_profile_name(text: str) -> ProfileName:
    """Return a checked profile name; see :func:`parse_name`."""
    return ProfileName(parse_name(text))


def item_name(kind: str, name: str) -> ItemName:
    """Return an item name, after checking its parts.

    Raises:
        InvalidNameError: an unknown kind, or a bad name.
    """
    try:
        return ItemName(Kind(kind), parse_name(name))
    except ValueError:
        known = ", ".join(Kind)
        raise InvalidNameError(f"unknown kind of item {kind!r}", hint=f"the kinds are {known}") from None


def kind_in_store(word: str) -> Kind | LaterKind:
    """Return the kind of a stored item, whichever version stored it."""
    return Kind(word) if word in tuple(Kind) else LaterKind(word)


def name_in_store(kind: str, name: str) -> ItemName:
    """Return the name of a stored item, whichever version stored it.

    Raises:
        InvalidNameError: not a kind of any version, or a bad name.
    """
    if not KIND_WORD.fullmatch(kind):
        raise InvalidNameError(f"unknown kind of item {kind!r}")
    return ItemName(kind_in_store(kind), parse_name(name))


def check_item_name(name: ItemName) -> None:
    """Refuse an item name that was not checked by this module.

    Raises:
        InvalidNameError: a bad name, or one that is not in NFC.
    """
    if parse_name(name.name) != name.name:
        raise InvalidNameError(f"the name {name.name!r} is not in NFC")


def credential_name(profile: str) -> ItemName:
    """Return the item name of a profile's stored credentials."""
    return ItemName(Kind.CREDENTIAL, parse_name(profile))
