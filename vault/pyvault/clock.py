"""The one place that reads the time.

Times are aware UTC datetimes everywhere inside; whole epoch seconds in files;
RFC 3339 with ``Z`` for people and programs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from pyvault.record import Record

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def from_epoch(seconds: float) -> datetime:
    """Return epoch seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(seconds, UTC)


def to_rfc3339(moment: datetime) -> str:
    """Return a time as ``2020-09-10T16:16:52Z``: UTC, whole seconds.

    Source: RFC 3339, section 5.6; the form the AWS SDKs read.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> datetime:
    """Return an RFC 3339 time, aware, in UTC.

    Raises:
        ValueError: not a time, or without an offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is out of range in UTC") from None


class Moment(Record):
    """One moment by two clocks, in milliseconds.

    The wall clock can be set; the other can't, but starts anew with the machine, and may stand
    still while a virtual one is stored away.

    Attributes:
        wall: since 1970.
        boot: since the machine was started, with the time it was asleep where the system counts that.
    """

    wall: int
    boot: int


def moment() -> Moment:
    """Return the current time by both clocks."""
    import time

    number = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; elsewhere the monotonic clock has to do
    boot = time.monotonic() if number is None else time.clock_gettime(number)
    return Moment(wall=int(now().timestamp() * 1000), boot=int(boot * 1000))
