"""The one place that reads the time.

Times are aware UTC datetimes everywhere inside; whole epoch seconds in files;
RFC 3339 with ``Z`` for people and programs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

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
