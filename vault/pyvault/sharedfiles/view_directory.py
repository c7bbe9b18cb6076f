"""Where views of the shared files are kept while a program uses them.

Each is a directory with two read-only files, and beside it a lock that shows that
somebody looks after it. The lock file names the program: a view is removed by its
supervisor, or, if that was killed, by a later run that finds neither alive. Plain
keys may be in a view, so it is private, and where the system has a runtime directory
it is never on a disk. No mode stops root: a view that was written to is put aside
and not removed, as the change was meant for the real files.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import sys
from typing import TYPE_CHECKING, Self

from pyvault.config.config_file import BEHIND_VIEW, CONFIG_FILE, CREDENTIALS_FILE, VIEW_PREFIX
from pyvault.errors import InsecurePermissionsError, PyvaultError, WriteFailedError
from pyvault.files.lock import LockFile
from pyvault.files.modes import make_directory, make_new_directory, set_mode
from pyvault.interruptions import suppressing
from pyvault.record import Record

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.sharedfiles.hidden_default import Hidden

LOCK_SUFFIX = ".lock"
ASIDE_PREFIX = "written-"
UNTOUCHED = 0  # modification time, ns; any later one shows that somebody wrote
NAME_BYTES = 8
READ_ONLY = stat.S_IRUSR
CLOSED = stat.S_IRUSR | stat.S_IXUSR  # nothing can be renamed over its files either


class RealFiles(Record):
    """The files behind a view, as absolute paths."""

    config: Path
    credentials: Path


class View:
    """Two files as a program sees them, from :meth:`make` until :meth:`remove`."""

    def __init__(self, directory: Path, real: RealFiles, lock: LockFile) -> None:
        self.directory = directory
        self._real = real
        self._lock = lock

    @classmethod
    def make(cls, parent: Path, hidden: Hidden, real: RealFiles) -> Self:
        """Write a view into a directory for views, after removing abandoned ones.

        Raises:
            WriteFailedError: the system refuses; nothing is left behind.
        """
        remove_abandoned(parent)
        directory = parent / f"{VIEW_PREFIX}{secrets.token_hex(NAME_BYTES)}"
        # The lock comes first: another run must not take the new view for an abandoned one.
        lock = LockFile(directory.with_name(directory.name + LOCK_SUFFIX), timeout=0, ephemeral=True)
        lock.__enter__()
        lock.share_with_children()  # this process may become the program, and the child that looks after both removes
        view = cls(directory, real, lock)
        try:
            make_new_directory(directory)
            for path, text in ((view.config, hidden.config), (view.credentials, hidden.credentials)):
                _write(path, text)
            directory.chmod(CLOSED)
        except OSError as exc:
            view.remove()
            raise WriteFailedError(f"can't write to '{directory}': {exc.strerror}") from exc
        return view

    @property
    def config(self) -> Path:
        """The value of ``AWS_CONFIG_FILE``."""
        return self.directory / "config"

    @property
    def credentials(self) -> Path:
        """The value of ``AWS_SHARED_CREDENTIALS_FILE``."""
        return self.directory / "credentials"

    def variables(self) -> dict[str, str]:
        """Return the variables that show a program the view, and a pyvault that it runs the real files."""
        return {
            CONFIG_FILE: str(self.config),
            CREDENTIALS_FILE: str(self.credentials),
            BEHIND_VIEW[CONFIG_FILE]: str(self._real.config),
            BEHIND_VIEW[CREDENTIALS_FILE]: str(self._real.credentials),
        }

    def hand_to(self, program: int) -> None:
        """Note that this process uses the view, so that no later run removes it while it lives."""
        with suppressing(OSError), self._lock.path.open("r+", encoding="ascii") as file:
            file.truncate()
            file.write(f"{program}\n")

    def remove(self) -> Path | None:
        """Remove the view; call it once, when the program has ended.

        Returns:
            Where it was put aside, if somebody has written to it.
        """
        aside = _remove(self.directory)
        self._lock.__exit__(None, None, None)
        return aside


def open_view_directory(parent: Path) -> Path:
    """Create the directory for views, private to this user.

    Raises:
        OSError: it can't be created.
        InsecurePermissionsError: others have access to it.
    """
    make_directory(parent)
    if sys.platform == "win32":
        return parent
    status = parent.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise InsecurePermissionsError(
            f"'{parent}' is not a directory of yours", hint="set XDG_RUNTIME_DIR to another directory"
        )
    from pyvault.files.owners import chmod_hint

    if status.st_mode & 0o077:
        hint = chmod_hint("700", parent, status.st_uid)
        raise InsecurePermissionsError(f"'{parent}' is accessible to other users", hint=hint)
    return parent


def remove_abandoned(parent: Path) -> None:
    """Remove the views whose supervisor and program have ended, as far as possible."""
    for name in {path.name.removesuffix(LOCK_SUFFIX) for path in parent.glob(f"{VIEW_PREFIX}*")}:
        lock = parent / f"{name}{LOCK_SUFFIX}"
        if _lives(_program_of(lock)):
            continue
        with contextlib.suppress(PyvaultError), LockFile(lock, timeout=0, ephemeral=True):
            _remove(parent / name)


def _write(path: Path, text: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with open(path, "wb", opener=lambda name, _flags: os.open(name, flags, READ_ONLY)) as file:
        set_mode(file.fileno(), READ_ONLY)
        file.write(text)
    os.utime(path, ns=(UNTOUCHED, UNTOUCHED))


def _remove(directory: Path) -> Path | None:
    """Remove a view, or return where it was put aside."""
    with suppressing(OSError):
        mode = stat.S_IMODE(directory.stat().st_mode)
        complete = sys.platform == "win32" or mode == CLOSED
        if mode & stat.S_IRWXU != stat.S_IRWXU:  # some mounts refuse to set even the mode that is there
            directory.chmod(0o700)
        paths = [*directory.iterdir()]
        if complete and any(path.stat().st_mtime_ns != UNTOUCHED for path in paths):
            aside = directory.with_name(ASIDE_PREFIX + directory.name.removeprefix(VIEW_PREFIX))
            directory.rename(aside)
            return aside
        for path in paths if sys.platform == "win32" else ():  # where read-only files can't be removed
            path.chmod(0o600)
        shutil.rmtree(directory)
    return None


def _program_of(lock: Path) -> int:
    """Return the process that a lock file names; 0 for none."""
    try:
        words = lock.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return 0
    return int(words[0]) if words and words[0].isascii() and words[0].isdecimal() else 0


def _lives(process: int) -> bool:
    """Return whether a process lives; a number that was reused only delays a removal."""
    if process <= 0 or sys.platform == "win32":  # there signal 0 would be a Ctrl-C, and the view's lock has to do
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
