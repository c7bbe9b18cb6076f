"""The formats of values in a profile: durations, session tags, start URLs, MFA devices. Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.errors import InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Nanoseconds per unit; whole numbers keep 0.1s and its like exact.
UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
# Twelve digits are 30 000 years; more would only be slow to multiply.
_NUMBER = r"(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})"
_PART = re.compile(rf"({_NUMBER})(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = re.compile(r"[0-9]{1,12}")


def parse_duration(text: str, *, what: str) -> timedelta:
    """Read a positive duration in whole seconds.

    Args:
        text: ``1h30m``, ``1.5h``, ``5400s`` or ``5400``.
        what: the setting's name, for the message.

    Raises:
        InvalidSettingError: anything else; the message names *what*.
    """
    nanoseconds = _read(text.strip())
    seconds, rest = divmod(nanoseconds or 0, UNITS["s"])
    if rest or seconds <= 0:
        hint = "write it like 1h30m, 900s or 900"
        raise InvalidSettingError(f"{what}: {text!r} is not a duration in whole seconds", hint=hint)
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise InvalidSettingError(f"{what}: {text!r} is too long") from None


def format_duration(duration: timedelta) -> str:
    """Write a duration as Go does, in whole seconds: ``1h0m0s``, ``59m58s``, ``-5s``."""
    total = int(duration.total_seconds())
    sign, total = ("-", -total) if total < 0 else ("", total)
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}s"
    return f"{sign}{minutes}m{seconds}s" if minutes else f"{sign}{seconds}s"


def _read(text: str) -> int | None:
    """Add up the parts, in nanoseconds; None if something is left over or finer than that."""
    if _SECONDS.fullmatch(text):
        return int(text) * UNITS["s"]
    position, total = 0, 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            return None
        whole, _, fraction = part[1].partition(".")
        amount, rest = divmod(int(whole + fraction) * UNITS[part[2]], 10 ** len(fraction))
        if rest:
            return None
        total += amount
        position = part.end()
    return total


def parse_session_tags(text: str, *, what: str) -> tuple[tuple[str, str], ...]:
    """Read ``key=value,key=value``; blanks around keys and values don't count.

    Args:
        text: the whole list; a value may hold further ``=``.
        what: the setting's name, for the message.

    Raises:
        InvalidSettingError: an element that is empty or has no key or no ``=``,
            or a key that occurs twice (AWS ignores the case of keys).
    """
    return parse_tags(text.split(","), what=what)


def parse_tags(elements: Iterable[str], *, what: str) -> tuple[tuple[str, str], ...]:
    """Read ``key=value`` of each element, as :func:`parse_session_tags`; a value may hold commas."""
    tags: dict[str, tuple[str, str]] = {}
    for element in elements:
        key, found, value = (part.strip() for part in element.partition("="))
        if not found or not key:
            raise InvalidSettingError(f"{what}: {element.strip()!r} is not key=value")
        if key.casefold() in tags:
            raise InvalidSettingError(f"{what}: the tag {key!r} occurs twice")
        tags[key.casefold()] = (key, value)
    return tuple(tags.values())


def parse_list(text: str) -> tuple[str, ...]:
    """Read ``one,two``: trimmed, empty elements dropped, repeats kept once."""
    return tuple(dict.fromkeys(element.strip() for element in text.split(",") if element.strip()))


#: What may follow the canonical form. The AWS CLI names its files by the URL as the config file has it.
ENDINGS = ("", "/", "#", "#/", "/#", "/#/")


def portal_url(text: str) -> str:
    """Return the canonical form of a portal's start URL.

    The fragment belongs to the page, not to the portal, and never reaches AWS.
    """
    scheme, separator, rest = text.strip().partition("#")[0].rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"


def is_url(text: str) -> bool:
    """Return whether an argument is a start URL rather than a name."""
    return text.lower().startswith(("https://", "http://"))


_ARN = re.compile(r"arn:[^:]*:iam::[^:]*:(?P<kind>[^/:]+)(?:/.*)?")
_SEVERAL = re.compile(r"[,\s]\s*arn:")


def objection_to(serial: str) -> str | None:
    """Return why AWS will never accept a code for this ``mfa_serial``; None if it may."""
    if _SEVERAL.search(serial):
        return "names several MFA devices; AWS accepts the code of one, so name one"
    if not serial.startswith("arn:"):
        return None  # the number of a hardware token
    found = _ARN.fullmatch(serial)
    kind = found["kind"] if found else ""
    if kind == "mfa" and "/" in serial:
        return None
    if kind == "u2f":
        return "is a security key (u2f), which can't be used through the API; name a virtual device"
    if kind == "user":
        return "is the ARN of a user, not of an MFA device; use the ARN that has ':mfa/' instead of ':user/'"
    return "is not the ARN of an MFA device, which has ':mfa/'"
