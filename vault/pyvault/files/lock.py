"""A lock between processes that ends with its holder, and the removal of lock files that nobody needs again."""

from __future__ import annotations

import os
import sys
import time
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pyvault import clock
from pyvault.errors import ConfigError, InsecurePermissionsError, LockTimeoutError, PyvaultError, WriteFailedError
from pyvault.files.owned import let_inherit, others_on
from pyvault.files.private import OTHERS_WRITE, own_private_file
from pyvault.interruptions import pass_interruption, suppressing
from pyvault.thread_locks import leaving

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO

FIRST_PAUSE = 0.005  # seconds between two tries, doubled each time
REMOVING = 5.0  # extra seconds for a process that is removing the file: a moment, unless the machine is busy
LONGEST_PAUSE = 0.05
GIVE_WAY = 1.5 * LONGEST_PAUSE  # seconds in which everybody who waits asks at least once
HOLDER_SIZE = 200  # bytes read to name the holder
WANTED = b"w"  # behind those: somebody waits. A new holder truncates the file, and those who still wait write it anew
WINDOWS_LOCK_OFFSET = 1 << 30  # a byte that nobody reads: Windows locks are mandatory

#: When this process let go of locks that others waited for, by their paths.
_left_to_others: dict[Path, float] = {}


class LockFile:
    """An exclusive lock, held for the length of a ``with``.

    Not re-entrant, and two objects on one path exclude each other even within
    one process, so it works between threads too. Whoever takes it again and again
    lets those that wait go first, else they would have to ask in the very moment
    between two holdings. A forked child does not hold it, and can't release it, unless
    it was told to. Whatever is raised while it is taken, it is not held afterwards.
    """

    def __init__(
        self,
        path: Path,
        *,
        timeout: float = 30.0,
        what: str | None = None,
        ephemeral: bool = False,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        """Name the lock; nothing is opened yet.

        Args:
            path: its directory must exist; the file is created with mode 0600.
            timeout: seconds to wait for the holder; 0 tries once.
            what: what is locked, for the error; the lock file itself by default.
            ephemeral: remove the file with the lock (not on Windows, where an open
                file can't be unlinked); all locks on this path must be ephemeral.
            on_wait: called once, if another holds it.
        """
        self.path = path
        self.timeout = timeout
        self._ephemeral = ephemeral
        self._what = what or f"the lock '{path}'"
        self._on_wait = on_wait
        self._told = False
        self._file: FileIO | None = None

    def __enter__(self) -> Self:
        """Wait for the lock.

        Raises:
            LockTimeoutError: another process kept it for *timeout* seconds.
            WriteFailedError: the lock file can't be created, or isn't a regular file that only this user can write to.
        """
        if self._file is not None:
            raise RuntimeError(f"the lock {self.path} is already held")
        deadline = time.monotonic() + self.timeout
        if self.timeout > 0:
            _give_way(self.path)
        file: FileIO | None = None
        try:
            while True:
                file = open_lock(self.path)
                self._wait(file, deadline)
                if not self._ephemeral or is_at(file.fileno(), self.path):
                    break
                file.close()  # its holder has unlinked it meanwhile
            _write_holder(file.fileno())
            self._file = file
        except BaseException:
            if file is not None:
                file.close()
            self._file = None
            raise
        return self

    @leaving
    def __exit__(self, *_: object) -> None:
        """Unlock, and close the file."""
        if self._file is None or self._file.closed:  # in a forked child
            return
        # No name here may keep the file open, and self is a proxy, see Leave.
        try:
            with suppressing(OSError):
                if _is_wanted(self._file.fileno()):
                    _left_to_others[self.path] = time.monotonic()
            if self._ephemeral and sys.platform != "win32" and is_at(self._file.fileno(), self.path):
                with suppressing(OSError):  # one that stays is removed by its next holder
                    self.path.unlink()
            # If unlocking fails, closing still unlocks.
            with suppressing(OSError):
                unlock(self._file.fileno())
        finally:
            with suppressing(OSError):
                self._file.close()
            self._file = None

    def share_with_children(self) -> None:
        """Let processes that are forked from now on hold it as well; whoever of them leaves it releases it for all."""
        if self._file is not None:
            let_inherit(self._file)

    def _wait(self, file: FileIO, deadline: float) -> None:
        descriptor, pause = file.fileno(), FIRST_PAUSE
        while not try_lock(descriptor, f"'{self.path}'"):
            passing = self._ephemeral and _is_shared(descriptor)
            if not passing:
                _tell_holder(descriptor)
                if not self._told:
                    self._told = True
                    self._on_wait()
            left = deadline - time.monotonic()
            if left <= 0:
                if not passing or left <= -REMOVING:
                    raise self._timeout(file)
                left = FIRST_PAUSE
            time.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_PAUSE)

    def _timeout(self, file: FileIO) -> LockTimeoutError:
        pid, shown = _read_holder(file.fileno())
        if pid == os.getpid() and others_on(file):  # in another container the number may be the same
            return LockTimeoutError(
                f"{self._what} is locked by this very process",
                hint="another thread has it, or the call that waits was made inside of one that holds it",
            )
        return LockTimeoutError(f"{self._what} is locked by {shown}")


def is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file still has this name."""
    try:
        named = os.lstat(path)
    except OSError as exc:
        pass_interruption(exc)
        return False
    return os.path.samestat(named, os.fstat(descriptor))


def open_lock(path: Path, *, make: bool = True) -> FileIO:
    """Open a lock file.

    Args:
        path: of the file.
        make: create it if it is missing.

    Raises:
        WriteFailedError: it can't be opened, or isn't a regular file that only this user can write to.
    """
    flags, what = os.O_RDWR | (os.O_CREAT if make else 0), f"the lock '{path}'"
    try:
        try:
            return own_private_file(path, flags, what=what, refused=OTHERS_WRITE)
        except InsecurePermissionsError:
            from pyvault.files.modes import keeps_modes

            if keeps_modes(path.parent):
                raise
            return own_private_file(path, flags, what=what, modes=False)  # the user insists on a vault there
    except (ConfigError, InsecurePermissionsError) as problem:
        raise WriteFailedError(problem.message, hint=problem.hint) from None
    except OSError as exc:
        pass_interruption(exc)
        raise WriteFailedError(f"can't open the lock '{path}': {exc.strerror}") from exc


if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int, what: str) -> bool:
        """Lock an open file exclusively, and return whether that worked."""
        del what
        os.lseek(descriptor, WINDOWS_LOCK_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as exc:
            pass_interruption(exc)
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
            pass_interruption(exc)
            raise WriteFailedError(f"can't lock {what}: {exc.strerror}") from exc
        return True

    def try_share(descriptor: int) -> bool:
        """Lock an open file as one of several, and return whether that worked."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as exc:
            pass_interruption(exc)
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Unlock an open file."""
        # A child shares the lock until it executes its program; unlocking, not only closing, frees it.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _is_shared(descriptor: int) -> bool:
    """Return whether nobody holds the lock exclusively: another process removes the file, or checks as here."""
    shared = try_share(descriptor)
    if shared:
        unlock(descriptor)
    return shared


def _give_way(path: Path) -> None:
    left = _left_to_others.get(path, 0) + GIVE_WAY - time.monotonic()
    if left > 0:
        time.sleep(left)
    else:
        _left_to_others.pop(path, None)


def _tell_holder(descriptor: int) -> None:
    with suppressing(OSError):  # a full disk: then it depends on luck
        os.lseek(descriptor, HOLDER_SIZE, os.SEEK_SET)
        os.write(descriptor, WANTED)


def _is_wanted(descriptor: int) -> bool:
    return os.fstat(descriptor).st_size > HOLDER_SIZE


def _write_holder(descriptor: int) -> None:
    command = Path(sys.argv[0] if sys.argv else "").name or "python"
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{os.getpid()} {command}\n".encode(errors="replace")[:HOLDER_SIZE])
    except OSError as exc:
        pass_interruption(exc)
        # A full disk only spoils the name in an error message; the lock itself works.
        return


def _read_holder(descriptor: int) -> tuple[int | None, str]:
    """Return the holder's process id, and what to call it."""
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        text = os.read(descriptor, HOLDER_SIZE).decode(errors="replace")
    except OSError as exc:
        pass_interruption(exc)
        text = ""
    pid, _, command = text.strip().partition(" ")
    if not (pid.isascii() and pid.isdecimal()):
        return None, "another process"
    shown = "".join(char for char in command if char.isprintable())
    return int(pid), f"process {pid} ({shown})"


ONE_AT_A_TIME = "sweep.lock"


def remove_abandoned(directory: Path, is_ephemeral: Callable[[str], bool], *, idle: float = 0) -> None:
    """Remove the lock files that nobody holds; one that can't be removed is left.

    Args:
        directory: of the lock files; need not exist.
        is_ephemeral: returns whether a file of that name is an ephemeral lock.
        idle: leave those that were locked within the last so many seconds.
    """
    newest = clock.now().timestamp() - idle
    with suppressing(OSError, PyvaultError):  # held, not writable, or not ours
        with os.scandir(directory) as entries:
            found = [Path(entry.path) for entry in entries if is_ephemeral(entry.name)]
        if idle:
            found = [path for path in found if _last_locked(path) < newest]
        if not found:
            return
        with LockFile(directory / ONE_AT_A_TIME, timeout=0):  # it stays: not ephemeral
            for path in found:
                with suppressing(OSError, PyvaultError):
                    _remove_unless_held(path)


def _last_locked(path: Path) -> float:
    """Return when it was last locked; infinity if it is already gone."""
    try:
        return path.lstat().st_mtime
    except OSError as exc:
        pass_interruption(exc)
        return inf


def _remove_unless_held(path: Path) -> None:
    if sys.platform == "win32":
        path.unlink()  # refused while anybody has it open
        return
    with open_lock(path, make=False) as file:
        try:
            if try_share(file.fileno()) and is_at(file.fileno(), path):
                path.unlink()
        finally:
            unlock(file.fileno())  # a child may have the descriptor too, until it executes its program
