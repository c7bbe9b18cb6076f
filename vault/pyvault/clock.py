"""The one place that reads the time.

Times are aware UTC datetimes everywhere inside; whole epoch seconds in files;
RFC 3339 with ``Z`` where people and programs read them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Give the current time, aware, in UTC."""
    return datetime.now(UTC)


def from_epoch(seconds: float) -> datetime:
    """Turn epoch seconds into an aware UTC datetime."""
    return datetime.fromtimestamp(seconds, UTC)


def to_rfc3339(moment: datetime) -> str:
    """Write a moment as ``2020-09-10T16:16:52Z``: UTC, whole seconds.

    Source: RFC 3339, section 5.6; the form the AWS SDKs read.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> datetime:
    """Read an RFC 3339 time.

    Raises:
        ValueError: not a time, or without an offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is before the first or after the last one in UTC") from None
