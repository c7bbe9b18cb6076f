"""A lock on a file that is used for itself: shared by its users, exclusive for a change.

Unlike :class:`pyvault.files.lock.LockFile` it puts nothing into the file. It
belongs to the open descriptor: forked children share it, a program started by
``execve`` loses it, and it dies with the last holder.
"""

from __future__ import annotations

import sys
import time

from pyvault.errors import LockTimeoutError, WriteFailedError

PAUSE = 0.01  # seconds between two tries


def lock_exclusive(descriptor: int, what: str, *, timeout: float) -> None:
    """Be the only one with a lock on this file; a shared lock that is held becomes exclusive.

    Args:
        what: what is locked, for the error.
        timeout: seconds to wait for others; 0 tries once.

    Raises:
        LockTimeoutError: others kept it.
        WriteFailedError: the file system knows no locks.
    """
    _wait(descriptor, what, timeout, exclusive=True)


def lock_shared(descriptor: int, what: str, *, timeout: float) -> None:
    """Be one of any number of users; an exclusive lock that is held becomes shared.

    On Windows the open file is the lock: it can't be removed.

    Raises:
        LockTimeoutError: somebody owns it.
        WriteFailedError: the file system knows no locks.
    """
    _wait(descriptor, what, timeout, exclusive=False)


def _wait(descriptor: int, what: str, timeout: float, *, exclusive: bool) -> None:
    deadline = time.monotonic() + timeout
    while not _try(descriptor, what, exclusive=exclusive):
        if time.monotonic() >= deadline:
            raise LockTimeoutError(f"{what} is used by another process", hint="end that one, or name another file")
        time.sleep(PAUSE)


if sys.platform == "win32":
    from contextlib import suppress

    from pyvault.files.lock import try_lock, unlock

    def _try(descriptor: int, what: str, *, exclusive: bool) -> bool:
        if exclusive:
            return try_lock(descriptor, what)
        with suppress(OSError):  # nothing was locked
            unlock(descriptor)
        return True

else:
    import fcntl

    def _try(descriptor: int, what: str, *, exclusive: bool) -> bool:
        # A change of kind gives the old lock up first, so two that want to change don't block each other.
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as exc:
            raise WriteFailedError(
                f"can't lock {what}: {exc.strerror}", hint="name a file on another file system"
            ) from exc
        return True
