"""Lengths of time as people write them: ``1h30m``, ``900s``, or bare seconds.

Source: the format of Go's ``time.ParseDuration``, which users of aws-vault know.
"""

from __future__ import annotations

import re
from datetime import timedelta

from pyvault.errors import InvalidSettingError

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
# Twelve digits are 30 000 years; more would only cost time to multiply.
_NUMBER = r"(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})"
_PART = re.compile(rf"({_NUMBER})(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = re.compile(r"[0-9]{1,12}")


def parse_duration(text: str, *, what: str) -> timedelta:
    """Read a duration of whole seconds, more than none.

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
