"""The time of the fake world: the machine's, moved or stopped at a test's wish."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Two clocks in one: the world's, which tests move, and the wire's, which they don't.

    Expiry, TOTP and propagation follow the world. The age of a signature follows the
    wire, because the clients under test sign with the machine's clock: were it judged by
    the moved one, the first jump of an hour would refuse every call.
    """

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self._lock = threading.Lock()
        self._offset = offset
        self._wire_offset = timedelta()
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        """Give the world's time, aware and in UTC."""
        with self._lock:
            return self._stopped_at if self._stopped_at is not None else _machine() + self._offset

    def wire_now(self) -> datetime:
        """Give the time that the date of a signature is compared with."""
        with self._lock:
            return _machine() + self._wire_offset

    def advance(self, by: timedelta) -> None:
        """Move the world's time, backwards too, whether it runs or stands."""
        with self._lock:
            self._offset += by
            if self._stopped_at is not None:
                self._stopped_at += by

    def skew_wire(self, by: timedelta) -> None:
        """Let AWS and its clients disagree about the time of day, from now on by *by*."""
        with self._lock:
            self._wire_offset = by

    def stop(self) -> None:
        """Let the world's time stand still."""
        with self._lock:
            if self._stopped_at is None:
                self._stopped_at = _machine() + self._offset

    def run(self) -> None:
        """Let a stopped clock run on from where it stands."""
        with self._lock:
            if self._stopped_at is not None:
                self._offset = self._stopped_at - _machine()
                self._stopped_at = None


def _machine() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def rfc3339(when: datetime) -> str:
    """Write a time as AWS does in XML: UTC, whole seconds, ``Z``."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
