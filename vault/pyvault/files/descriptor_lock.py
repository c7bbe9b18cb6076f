"""A lock on a file itself: shared by its users, exclusive for a change.

Unlike :class:`pyvault.files.lock.LockFile` it writes nothing to the file. It belongs
to the open descriptor: forked children share it, a program started by ``execve``
loses it, and it ends with the last holder.
"""

from __future__ import annotations

import sys
import time

from pyvault.errors import LockTimeoutError, WriteFailedError
from pyvault.interruptions import pass_interruption

PAUSE = 0.01  # seconds between two tries


def lock_exclusive(descriptor: int, what: str, *, timeout: float) -> None:
    """Lock an open file exclusively; a shared lock that is held becomes exclusive.

    Args:
        descriptor: of the file.
        what: what is locked, for the error.
        timeout: seconds to wait for others; 0 tries once.

    Raises:
        LockTimeoutError: another process kept its lock.
        WriteFailedError: the file system has no locks.
    """
    _wait(descriptor, what, timeout, exclusive=True)


def lock_shared(descriptor: int, what: str, *, timeout: float) -> None:
    """Lock an open file as one of its users; an exclusive lock that is held becomes shared.

    On Windows the open file is the lock: it can't be removed.

    Raises:
        LockTimeoutError: another process has an exclusive lock.
        WriteFailedError: the file system has no locks.
    """
    _wait(descriptor, what, timeout, exclusive=False)


def _wait(descriptor: int, what: str, timeout: float, *, exclusive: bool) -> None:
    deadline = time.monotonic() + timeout
    while not _try(descriptor, what, exclusive=exclusive):
        if time.monotonic() >= deadline:
            raise LockTimeoutError(f"{what} is used by another process", hint="end that process, or use another file")
        time.sleep(PAUSE)


if sys.platform == "win32":
    from pyvault.files.lock import try_lock, unlock
    from pyvault.interruptions import suppressing

    def _try(descriptor: int, what: str, *, exclusive: bool) -> bool:
        if exclusive:
            return try_lock(descriptor, what)
        with suppressing(OSError):  # nothing was locked
            unlock(descriptor)
        return True

else:
    import fcntl

    def _try(descriptor: int, what: str, *, exclusive: bool) -> bool:
        # A change of kind releases the old lock first, so two processes that change don't block each other.
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as exc:
            pass_interruption(exc)
            raise WriteFailedError(
                f"can't lock {what}: {exc.strerror}", hint="use a file on another file system"
            ) from exc
        return True
