"""One fetch for many processes: the first one works, the others wait for its result.

Terraform or a shell loop starts many programs at once; each would prompt, open
a browser, or spend the same one-time code. So a fetch happens under a lock per
cache key, and whoever gets the lock looks at the cache again.

The lock is the kernel's: it dies with its holder, and a waiter takes over.
What a leader found out the hard way (AWS refused, the disk is full) is left
beside the lock for those who waited; nobody repeats a refused call a hundred
times. What concerns the leader alone (Ctrl-C, nobody to ask) is not passed on.

Keys come and go with every change of a profile, so their lock files go with the
locks, and what a killed holder leaves goes with a later fetch. A few files for
all of them would not do: unrelated requests would wait for each other, one
inside another for ever.
"""

from __future__ import annotations

import contextlib
import errno
import sys
from math import inf
from typing import TYPE_CHECKING, TypeVar

from pyvault.errors import InputRequiredError, ItemNotFoundError, UserCancelledError, WriteFailedError
from pyvault.files.lock import LockFile, remove_abandoned
from pyvault.interruptions import pass_interruption
from pyvault.sessions import flight_failure
from pyvault.thread_locks import holding
from pyvault.trace import trace

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

T = TypeVar("T")

#: True of one process, not of the request: a waiter may have a person to ask.
PRIVATE_FAILURES = (UserCancelledError, InputRequiredError)

PATIENCE = 30.0  # seconds that something quick waits for a fetch, in which a person may be typing
KEY_CHARACTERS = 32  # of the hex key: 128 bits name a lock
SUFFIX = ".lock"
#: A home that is read-only, somebody else's or full.
NOT_TO_BE_WRITTEN = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT})
IDLE = 24 * 3600.0  # seconds without a holder after which somebody else's fetch removes a lock


class SingleFlight:
    """Locks in one directory, one per cache key."""

    def __init__(self, directory: Path) -> None:
        """Name the place of the locks; it is made when it is needed."""
        self._directory = directory

    def share(self, key: str, *, look_up: Callable[[], T], fetch: Callable[[], T], refresh: bool = False) -> T:
        """Return what *look_up* finds, else what *fetch* returns.

        Waits without limit while another process fetches: a person may be
        typing there.

        Args:
            key: hex digits; equal keys are equal requests.
            look_up: asks the cache; raises ItemNotFoundError on a miss.
            fetch: does the work and fills the cache.
            refresh: don't take what the cache had before this call, only what
                another process fetched while this one waited.

        Raises:
            PyvaultError: what *fetch* raised, here or in the leader that was
                waited for.
            WriteFailedError: what has the lock's name is no lock of ours, or no locks are known there.
        """
        record = self._directory / f"{key[:KEY_CHARACTERS]}{flight_failure.SUFFIX}"
        before = flight_failure.mark(record)
        with self._turn(key) as waited:
            if waited or not refresh:
                with contextlib.suppress(ItemNotFoundError):
                    return look_up()
            after = flight_failure.mark(record)
            if waited and after is not None and after != before:  # none at all: the leader has succeeded
                flight_failure.reraise(record)
            try:
                return self._lead(record, fetch)
            finally:
                self.forget_abandoned(idle=IDLE)

    @holding
    def alone(self, key: str, *, what: str, timeout: float = PATIENCE) -> Generator[None]:
        """Let nobody fetch for this key meanwhile: what a fetch would store can't come after what is done here.

        Args:
            key: as for :meth:`share`.
            what: what is kept from others, for the error.
            timeout: seconds to wait for a fetch under way.

        Raises:
            LockTimeoutError: it took longer.
            WriteFailedError: the lock can't be made.
        """
        with self._lock(key, timeout, what):
            yield

    def lock_of_waiter(self, key: str, name: str) -> Path:
        """Return where one that asks for this key shows that it does; the directory is there.

        Args:
            key: as for :meth:`share`.
            name: 32 hex digits of its own.

        Raises:
            WriteFailedError: the directory can't be made.
        """
        self._make_directory()
        return self._directory / f"{key[:KEY_CHARACTERS]}-{name}{SUFFIX}"

    def waiters(self, key: str) -> dict[str, Path]:
        """Return the names of those who ask for this key, or did and were killed, with their locks."""
        found = self._directory.glob(f"{key[:KEY_CHARACTERS]}-*{SUFFIX}")
        return {path.name.removesuffix(SUFFIX).partition("-")[2]: path for path in found}

    def forget_abandoned(self, *, idle: float = 0) -> None:
        """Remove what killed holders left of locks; fetches under way are not disturbed.

        Args:
            idle: leave the locks of the last so many seconds.
        """
        remove_abandoned(self._directory, _is_lock, idle=idle)

    def forget_failures(self) -> None:
        """Remove what failed fetches left for those who waited; who still waits asks for itself."""
        flight_failure.forget_all(self._directory)

    @holding
    def _turn(self, key: str) -> Generator[bool]:
        """Hold the lock; yield whether another process held it before.

        Where no file can be made nobody else has one either, so there is nothing to wait for.
        """
        locked = waited = False

        def wait() -> None:
            nonlocal waited
            waited = True
            _tell_of_waiting()

        try:
            with self._lock(key, inf, on_wait=wait):  # without a name, by which a traceback could keep it
                locked = True
                yield waited
                return
        except WriteFailedError as problem:
            if locked or not is_unwritable(problem):
                raise
            trace(__name__, "fetching without a lock: %s", problem.message)
        yield False

    def _lock(
        self, key: str, timeout: float, what: str | None = None, *, on_wait: Callable[[], None] | None = None
    ) -> LockFile:
        self._make_directory()
        path = self._directory / f"{key[:KEY_CHARACTERS]}{SUFFIX}"
        return LockFile(path, timeout=timeout, what=what, ephemeral=True, on_wait=on_wait or _tell_of_waiting)

    def _make_directory(self) -> None:
        from pyvault.files.modes import make_directory

        try:
            make_directory(self._directory)
        except OSError as exc:
            pass_interruption(exc)
            raise WriteFailedError(f"can't make the directory '{self._directory}': {exc.strerror}") from exc

    @staticmethod
    def _lead(record: Path, fetch: Callable[[], T]) -> T:
        handled = sys.exception()
        try:
            result = fetch()
        except PRIVATE_FAILURES:
            raise
        except Exception as exc:
            from pyvault.interruptions import find_interruption

            # A failure is left to others if it is true of the request, and not of the program that asked.
            if find_interruption(exc, handled=handled) is None:
                flight_failure.leave(record, exc)
            raise
        flight_failure.clear(record)
        return result


def _tell_of_waiting() -> None:
    trace(__name__, "another process is fetching the same credentials; waiting for it")


def is_unwritable(problem: WriteFailedError) -> bool:
    """Return whether an error says that nothing can be written there, by anybody like us."""
    return getattr(problem.__cause__, "errno", None) in NOT_TO_BE_WRITTEN


def _is_lock(name: str) -> bool:
    """Return whether a file is a lock of ours: others lie there too, which don't go with their holders."""
    if not name.endswith(SUFFIX):
        return False
    key, dash, waiter = name.removesuffix(SUFFIX).partition("-")
    return _is_key(key) and (not dash or _is_key(waiter))


def _is_key(text: str) -> bool:
    return len(text) == KEY_CHARACTERS and not text.strip("0123456789abcdef")
