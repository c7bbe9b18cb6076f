"""Replace a file atomically: everybody sees the old content or the new, never half.

The new content goes into a temporary file in the same directory, is synced to disk,
and is renamed over the old one. A killed process leaves the old file and perhaps a
temporary one, which the next writer removes: a living process holds a lock on its own.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pyvault.errors import VaultExistsError, WriteFailedError
from pyvault.files.owned import duplicate, open_owned
from pyvault.files.retry import retry_while_in_use
from pyvault.interruptions import pass_interruption, suppressing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from io import FileIO
    from types import TracebackType

PENDING_MARK = ".pending-"
RANDOM_BYTES = 8
_OURS = re.compile(rf".+{re.escape(PENDING_MARK)}[0-9a-f]{{{2 * RANDOM_BYTES}}}")


class PendingFile:
    """A temporary file that replaces *target* on :meth:`commit`, or is removed."""

    _file: FileIO | None

    def __init__(self, target: Path, *, mode: int = 0o600, durable: bool = True) -> None:
        """Create the temporary file next to its target.

        Args:
            target: the file to replace; its directory must exist.
            mode: permission bits of the new file, whatever the umask.
            durable: wait for the disk; False if it may be lost in a crash.

        Raises:
            WriteFailedError: the directory can't be written, or the target is a device, say.
        """
        from pyvault.files.modes import set_mode

        self.target = target
        self._durable = durable
        self._process = os.getpid()
        self._lock: FileIO | None = None  # keeps the file locked until it is renamed: see remove_leftovers
        with writing(target):
            _refuse_special(target)
            self.path, self._file = _make(target)
            if sys.platform != "win32":
                self._lock = duplicate(self._file)
            set_mode(self._file.fileno(), mode)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was not committed."""
        with suppressing(OSError):
            self._close()
        # After a commit there is nothing to remove; what can't be removed now is left to the next writer.
        if os.getpid() == self._process:  # a forked child may be on its way out of this block too
            with suppressing(OSError):
                self.path.unlink()
        self._release()

    def write(self, data: bytes) -> None:
        """Append all of *data*.

        Raises:
            WriteFailedError: disk full, quota, I/O error.
        """
        if self._file is None:
            raise ValueError("the pending file is finished")
        rest = memoryview(data)
        with writing(self.target):
            while rest:  # one call may write less without an error if the disk is nearly full
                rest = rest[os.write(self._file.fileno(), rest) :]

    def finish(self) -> None:
        """Write the content to disk; after this it can be read back.

        Raises:
            WriteFailedError: some systems report a full disk only here.
        """
        self._flush()
        self._release()

    def _flush(self) -> None:
        if self._file is None:
            return
        with writing(self.target):
            if self._durable:
                _sync(self._file.fileno())
            self._close()

    def commit(self) -> None:
        """Replace the target.

        Raises:
            WriteFailedError: the target is unchanged; or it is replaced, but may
                not survive a power loss, and then the message says so.
        """
        if os.getpid() != self._process:
            raise WriteFailedError(f"can't write '{self.target}': the process was forked meanwhile")
        self._flush()
        with writing(self.target):
            retry_while_in_use(lambda: self.path.replace(self.target))
        if self._durable:
            try:
                sync_directory(self.target.parent)
            except OSError as exc:
                pass_interruption(exc)
                message = f"'{self.target}' was written, but may not survive a power loss: {exc.strerror}"
                raise WriteFailedError(message) from exc

    def _release(self) -> None:
        if self._lock is not None:
            held, self._lock = self._lock, None
            with suppressing(OSError):
                held.close()

    def _close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            file.close()


def replace_file(path: Path, data: bytes, *, mode: int | None = 0o600, follow_link: bool = False) -> None:
    """Replace the content of a small file, or create it.

    Args:
        path: its directory must exist.
        data: the whole new content.
        mode: permission bits; None keeps those of the existing file (0600 for a new one).
        follow_link: replace the target of a symbolic link, and keep the link.

    Raises:
        WriteFailedError: nothing has changed.
    """
    target = Path(os.path.realpath(path)) if follow_link else path
    if mode is None:
        mode = _mode_of(target)
    with PendingFile(target, mode=mode) as pending:
        pending.write(data)
        pending.commit()


def place_new(finished: Path, target: Path) -> None:
    """Move a finished file of the same file system to its final name; replace nothing.

    The old name may remain: the caller removes it.

    Raises:
        VaultExistsError: something has that name.
        WriteFailedError: nothing has changed; or the file is in place, but may not survive a power loss.
    """
    with writing(target):
        try:
            os.link(finished, target, follow_symlinks=False)
        except FileExistsError:
            raise VaultExistsError(f"'{target}' already exists") from None
        except OSError as exc:  # a file system without hard links, where checking and renaming is not atomic
            pass_interruption(exc)
            if os.path.lexists(target):
                raise VaultExistsError(f"'{target}' already exists") from None
            finished.rename(target)
        sync_directory(target.parent)


def remove_leftovers(target: Path) -> None:
    """Remove the temporary files that killed writers of *target* left; those of living ones stay."""
    _sweep(target.parent, lambda name: name.startswith(target.name + PENDING_MARK))


def remove_all_leftovers(directory: Path) -> None:
    """Remove all temporary files that killed writers left in a directory, whatever their target."""
    _sweep(directory, lambda name: _OURS.fullmatch(name) is not None)


def _sweep(directory: Path, is_pending: Callable[[str], bool]) -> None:
    with suppressing(OSError):  # a failed clean-up must not stop the write
        for entry in list(os.scandir(directory)):
            if is_pending(entry.name):
                with suppressing(OSError):
                    _remove_unless_locked(Path(entry.path))


def _remove_unless_locked(path: Path) -> None:
    if sys.platform == "win32" or not path.is_file() or path.is_symlink():
        path.unlink()  # Windows refuses while the file is open; a planted link has no owner
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if _try_lock(descriptor):
            path.unlink()
    finally:
        os.close(descriptor)


def _refuse_special(target: Path) -> None:
    """Refuse to put a file in the place of what is none: root could replace the null device of the whole machine."""
    from pyvault.files.reading import refuse_special

    try:
        status = target.lstat()
    except FileNotFoundError:
        return
    refuse_special(status, target)


def _make(target: Path) -> tuple[Path, FileIO]:
    """Create and lock a temporary file next to its target, and return its path and the open file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    for flag in ("O_CLOEXEC", "O_NOFOLLOW", "O_NOINHERIT", "O_BINARY"):
        flags |= getattr(os, flag, 0)
    while True:
        path = target.with_name(f"{target.name}{PENDING_MARK}{secrets.token_hex(RANDOM_BYTES)}")
        file = open_owned(path, flags)
        if _try_lock(file.fileno()):
            return path, file
        file.close()  # a sweep was quicker than our lock, and removes this file


def _try_lock(descriptor: int) -> bool:
    """Lock an open file, and return False if somebody else has locked it; True if the system has no locks."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as exc:
        pass_interruption(exc)
        return True
    return True


def sync_directory(directory: Path) -> None:
    """Sync *directory*, so that a rename in it survives a power loss."""
    if sys.platform == "win32":
        return  # Windows has no such call; NTFS journals the rename
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as exc:
        if exc.errno not in {errno.EINVAL, errno.ENOTSUP}:  # a file system that can't sync directories
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def writing(path: Path) -> Generator[None]:
    """Turn system errors while *path* is written into :class:`WriteFailedError`."""
    try:
        yield
    except OSError as exc:
        pass_interruption(exc)
        raise WriteFailedError(f"can't write '{path}': {exc.strerror or exc}") from exc


def _mode_of(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return 0o600
    except OSError as exc:
        pass_interruption(exc)
        raise WriteFailedError(f"can't write '{path}': {exc.strerror}") from exc


def _sync(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # fsync on macOS stops at the drive's cache; network file systems know only fsync.
        # Source: fsync(2) and fcntl(2) of macOS, F_FULLFSYNC.
        with suppressing(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    os.fsync(descriptor)
