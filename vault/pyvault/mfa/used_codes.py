"""Which MFA codes were sent already, across processes.

A file per device in the lock directory keeps a hash of each code claimed in
the last windows. A hash of six digits can be undone by trying a million; what
it gives away is a code that AWS will not take again.

Source: RFC 6238, section 5.2: a verifier must accept a code only once.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.errors import WriteFailedError
from pyvault.files.atomic import PendingFile, remove_leftovers
from pyvault.files.lock import LockFile
from pyvault.files.reading import read_file
from pyvault.interruptions import pass_interruption
from pyvault.json_reader import UnreadableError, read_object
from pyvault.thread_locks import holding

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from pyvault.clock import Clock
    from pyvault.secret import Secret

WINDOW = 30  # seconds. Source: RFC 6238, section 4.1, default time step X
REMEMBERED = 3  # windows: AWS takes the codes of the neighbouring ones too
MAX_RECORD = 64 * 1024  # bytes; a mark takes 80, and few are made in three windows


class UsedCodes:
    """The codes that were sent, device by device."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        """Name the place of the records; it is made when it is needed."""
        self._directory = directory
        self._clock = clock

    def until_next(self, serial: str) -> timedelta | None:
        """Return how long the device keeps showing a code that was sent; None if it shows a new one.

        Raises:
            WriteFailedError: the record can't be kept.
        """
        with self._record(serial) as (record, now):
            if now // WINDOW not in _used(record, now).values():
                return None
            return timedelta(seconds=WINDOW - now % WINDOW)

    def claim(self, serial: str, code: Secret[str]) -> timedelta | None:
        """Claim a code for one request.

        Returns:
            None if the code is ours; if somebody has used it, the time until
            the device shows the next one.

        Raises:
            WriteFailedError: the record can't be kept.
        """
        mark = _mark(serial, code)
        with self._record(serial) as (record, now):
            used = _used(record, now)
            if mark in used:
                return timedelta(seconds=WINDOW - now % WINDOW)
            _write(record, used | {mark: int(now // WINDOW)})
        return None

    def left_of_window(self) -> timedelta:
        """Return how long a device keeps showing what it shows now."""
        return timedelta(seconds=WINDOW - self._clock().timestamp() % WINDOW)

    def release(self, serial: str, code: Secret[str]) -> None:
        """Take a claim back: AWS did not take the code, so the device may still show a good one.

        Raises:
            WriteFailedError: the record can't be kept.
        """
        mark = _mark(serial, code)
        with self._record(serial) as (record, now):
            used = _used(record, now)
            if used.pop(mark, None) is not None:
                _write(record, used)

    @holding
    def _record(self, serial: str) -> Generator[tuple[Path, float]]:
        """Hold the device's lock; yield its record and the time in epoch seconds."""
        from pyvault.files.modes import make_directory

        try:
            make_directory(self._directory)
        except OSError as exc:
            pass_interruption(exc)
            raise WriteFailedError(f"can't make the directory '{self._directory}': {exc.strerror}") from exc
        record = self._directory / f"mfa-{hashlib.sha256(serial.encode()).hexdigest()[:32]}.json"
        with LockFile(record.with_suffix(".lock")):
            yield record, self._clock().timestamp()


def _mark(serial: str, code: Secret[str]) -> str:
    return hashlib.sha256(f"{serial}\0{code.reveal()}".encode()).hexdigest()


def _used(record: Path, now: float) -> dict[str, int]:
    """Return the marks that still count, with their windows.

    One from the future comes from a clock that was set back; it must not block
    for ever.
    """
    return {mark: window for mark, window in _read(record).items() if 0 <= now // WINDOW - window < REMEMBERED}


def _read(record: Path) -> dict[str, int]:
    """Read the marks; what can't be read is no record, and the worst it costs is a code sent twice."""
    try:
        fields = read_object(read_file(record, MAX_RECORD), limit=MAX_RECORD)
        return {mark: fields.whole(mark) for mark in fields.names()}
    except (OSError, UnreadableError) as exc:
        pass_interruption(exc)
        return {}


def _write(record: Path, used: dict[str, int]) -> None:
    import json

    remove_leftovers(record)
    with PendingFile(record, durable=False) as pending:
        pending.write(json.dumps(used).encode())
        pending.commit()
