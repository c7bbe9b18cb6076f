"""Session tags as they stand in a profile or a variable."""

from __future__ import annotations

from pyvault.errors import InvalidSettingError


def parse_session_tags(text: str, *, what: str) -> tuple[tuple[str, str], ...]:
    """Read ``key=value,key=value``; blanks around keys and values don't count.

    Args:
        text: the whole list; a value may hold further ``=``.
        what: the setting's name, for the message.

    Raises:
        InvalidSettingError: an element that is empty or has no key or no ``=``,
            or a key that comes twice (AWS tells keys apart without their case).
    """
    tags: dict[str, tuple[str, str]] = {}
    for element in text.split(","):
        key, found, value = (part.strip() for part in element.partition("="))
        if not found or not key:
            raise InvalidSettingError(f"{what}: {element.strip()!r} is not key=value")
        if key.casefold() in tags:
            raise InvalidSettingError(f"{what}: the tag {key!r} comes twice")
        tags[key.casefold()] = (key, value)
    return tuple(tags.values())


def parse_list(text: str) -> tuple[str, ...]:
    """Read ``one,two``: trimmed, empty elements dropped, repeats kept once."""
    return tuple(dict.fromkeys(element.strip() for element in text.split(",") if element.strip()))
