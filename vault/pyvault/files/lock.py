"""A lock between processes that ends with its holder, and the removal of lock files that nobody needs again."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pyvault import clock
from pyvault.errors import ConfigError, InsecurePermissionsError, LockTimeoutError, PyvaultError, WriteFailedError
from pyvault.files.private import OTHERS_WRITE, open_private_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

FIRST_PAUSE = 0.005  # seconds between two tries, doubled each time
REMOVING = 5.0  # extra seconds for a process that is removing the file: a moment, unless the machine is busy
LONGEST_PAUSE = 0.1
HOLDER_SIZE = 200  # bytes read to name the holder
WINDOWS_LOCK_OFFSET = 1 << 30  # a byte that nobody reads: Windows locks are mandatory


class LockFile:
    """An exclusive lock, held for the length of a ``with``.

    Not re-entrant, and two objects on one path exclude each other even within
    one process, so it works between threads too.
    """

    def __init__(self, path: Path, *, timeout: float = 30.0, what: str | None = None, ephemeral: bool = False) -> None:
        """Name the lock; nothing is opened yet.

        Args:
            path: its directory must exist; the file is created with mode 0600.
            timeout: seconds to wait for the holder; 0 tries once.
            what: what is locked, for the error; the lock file itself by default.
            ephemeral: remove the file with the lock (not on Windows, where an open
                file can't be unlinked); all locks on this path must be ephemeral.
        """
        self.path = path
        self.timeout = timeout
        self._ephemeral = ephemeral
        self._what = what or f"the lock '{path}'"
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Wait for the lock.

        Raises:
            LockTimeoutError: another process kept it for *timeout* seconds.
            WriteFailedError: the lock file can't be created, or isn't a regular file that only this user can write to.
        """
        if self._descriptor is not None:
            raise RuntimeError(f"the lock {self.path} is already held")
        deadline = time.monotonic() + self.timeout
        while self._descriptor is None:
            descriptor = open_lock(self.path)
            try:
                self._wait(descriptor, deadline)
                if self._ephemeral and not is_at(descriptor, self.path):
                    os.close(descriptor)  # its holder has unlinked it meanwhile
                    continue
                _write_holder(descriptor)
            except BaseException:
                os.close(descriptor)
                raise
            self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Unlock, and close the file."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            if self._ephemeral and sys.platform != "win32" and is_at(descriptor, self.path):
                with contextlib.suppress(OSError):  # one that stays is removed by its next holder
                    self.path.unlink()
            # If unlocking fails, closing still unlocks.
            with contextlib.suppress(OSError):
                unlock(descriptor)
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _wait(self, descriptor: int, deadline: float) -> None:
        pause = FIRST_PAUSE
        while not try_lock(descriptor, f"'{self.path}'"):
            left = deadline - time.monotonic()
            if left <= 0:
                if not self._ephemeral or left <= -REMOVING or not _is_shared(descriptor):
                    raise LockTimeoutError(f"{self._what} is locked by {_read_holder(descriptor)}")
                left = FIRST_PAUSE
            time.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_PAUSE)


def is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file still has this name."""
    try:
        named = os.lstat(path)
    except OSError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))


def open_lock(path: Path, *, make: bool = True) -> int:
    """Open a lock file, and return the descriptor.

    Args:
        path: of the file.
        make: create it if it is missing.

    Raises:
        WriteFailedError: it can't be opened, or isn't a regular file that only this user can write to.
    """
    flags, what = os.O_RDWR | (os.O_CREAT if make else 0), f"the lock '{path}'"
    try:
        try:
            return open_private_file(path, flags, what=what, refused=OTHERS_WRITE)
        except InsecurePermissionsError:
            from pyvault.files.modes import keeps_modes

            if keeps_modes(path.parent):
                raise
            return open_private_file(path, flags, what=what, modes=False)  # the user insists on a vault there
    except (ConfigError, InsecurePermissionsError) as problem:
        raise WriteFailedError(problem.message, hint=problem.hint) from None
    except OSError as exc:
        raise WriteFailedError(f"can't open the lock '{path}': {exc.strerror}") from exc


if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int, what: str) -> bool:
        """Lock an open file exclusively, and return whether that worked."""
        del what
        os.lseek(descriptor, WINDOWS_LOCK_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def try_share(descriptor: int) -> bool:
        """Return False: Windows' runtime has no shared locks, and none is needed there."""
        del descriptor
        return False

    def unlock(descriptor: int) -> None:
        """Unlock an open file."""
        os.lseek(descriptor, WINDOWS_LOCK_OFFSET, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(descriptor: int, what: str) -> bool:
        """Lock an open file exclusively, and return whether that worked."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as exc:  # a file system without locks: don't go on without one
            raise WriteFailedError(f"can't lock {what}: {exc.strerror}") from exc
        return True

    def try_share(descriptor: int) -> bool:
        """Lock an open file as one of several, and return whether that worked."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Unlock an open file."""
        # A forked child shares the lock; unlocking, not only closing, frees it.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _is_shared(descriptor: int) -> bool:
    """Return whether nobody holds the lock exclusively: another process removes the file, or checks as here."""
    shared = try_share(descriptor)
    if shared:
        unlock(descriptor)
    return shared


def _write_holder(descriptor: int) -> None:
    command = Path(sys.argv[0] if sys.argv else "").name or "python"
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{os.getpid()} {command}\n".encode(errors="replace")[:HOLDER_SIZE])
    except OSError:
        # A full disk only spoils the name in an error message; the lock itself works.
        return


def _read_holder(descriptor: int) -> str:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        text = os.read(descriptor, HOLDER_SIZE).decode(errors="replace")
    except OSError:
        text = ""
    pid, _, command = text.strip().partition(" ")
    if not (pid.isascii() and pid.isdecimal()):
        return "another process"
    shown = "".join(char for char in command if char.isprintable())
    return f"process {pid} ({shown})"


ONE_AT_A_TIME = "sweep.lock"


def remove_abandoned(directory: Path, is_ephemeral: Callable[[str], bool], *, idle: float = 0) -> None:
    """Remove the lock files that nobody holds; one that can't be removed is left.

    Args:
        directory: of the lock files; need not exist.
        is_ephemeral: returns whether a file of that name is an ephemeral lock.
        idle: leave those that were locked within the last so many seconds.
    """
    newest = clock.now().timestamp() - idle
    with suppress(OSError, PyvaultError):  # held, not writable, or not ours
        with os.scandir(directory) as entries:
            found = [Path(entry.path) for entry in entries if is_ephemeral(entry.name)]
        if idle:
            found = [path for path in found if _last_locked(path) < newest]
        if not found:
            return
        with LockFile(directory / ONE_AT_A_TIME, timeout=0):  # it stays: not ephemeral
            for path in found:
                with suppress(OSError, PyvaultError):
                    _remove_unless_held(path)


def _last_locked(path: Path) -> float:
    """Return when it was last locked; infinity if it is already gone."""
    try:
        return path.lstat().st_mtime
    except OSError:
        return inf


def _remove_unless_held(path: Path) -> None:
    if sys.platform == "win32":
        path.unlink()  # refused while anybody has it open
        return
    descriptor = open_lock(path, make=False)
    try:
        if try_share(descriptor) and is_at(descriptor, path):
            path.unlink()
    finally:
        unlock(descriptor)  # a forked child may have the descriptor too
        os.close(descriptor)
