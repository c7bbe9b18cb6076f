"""Open a private file that somebody may have prepared: a log, a lock, a token at a path that the user chose.

Others may have put something there: a link that redirects our writing, a hard link to
another file, a file that they can read, a pipe that nobody reads. The file is opened
without following a link or waiting, and then the descriptor is checked, because a name
may mean another file a moment later.

Windows has no such permissions and owners; there it only has to be a regular file.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError, InsecurePermissionsError, PyvaultError

if TYPE_CHECKING:
    from collections.abc import Generator
    from io import FileIO
    from pathlib import Path

OWNER_USES = stat.S_IRUSR | stat.S_IWUSR
OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_FLAGS = ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_NOINHERIT", "O_BINARY")


def open_private_file(
    path: Path, flags: int, *, what: str, refused: int = OTHERS, device: bool = False, modes: bool = True
) -> int:
    """Open a file that belongs to this user alone, and return the descriptor; ``O_CREAT`` creates it with mode 0600.

    Args:
        path: of the file.
        flags: of ``os.open``; protective ones are added.
        what: the file with its path, for the error: ``the lock '/x/y'``.
        refused: mode bits that it must not have.
        device: accept a character device: only root can create one, and it holds nothing to overwrite.
        modes: False on a file system without owners and permissions.

    Raises:
        InsecurePermissionsError: it is a link, has a hard link, or others own it or can open it.
        ConfigError: it is not a regular file.
        OSError: as the system says.
    """
    flags = _protected(flags)
    with _opening(path, what):
        descriptor = os.open(path, flags, 0o600)
        status = os.fstat(descriptor)
    if device and stat.S_ISCHR(status.st_mode):
        return descriptor
    if (problem := _problem(status, path, what, refused, modes=modes)) is not None:
        os.close(descriptor)
        raise problem
    if flags & os.O_CREAT and modes and status.st_mode & OWNER_USES != OWNER_USES:
        from pyvault.files.modes import set_mode

        set_mode(descriptor)  # with a narrow umask, the next process couldn't open it
    return descriptor


def own_private_file(path: Path, flags: int, *, what: str, refused: int = OTHERS, modes: bool = True) -> FileIO:
    """Open such a file as an object that closes itself; a forked child does not have it."""
    from pyvault.files.owned import open_owned

    flags = _protected(flags)
    with _opening(path, what):
        file = open_owned(path, flags)
        status = os.fstat(file.fileno())
    if (problem := _problem(status, path, what, refused, modes=modes)) is not None:
        file.close()
        raise problem
    if flags & os.O_CREAT and modes and status.st_mode & OWNER_USES != OWNER_USES:
        from pyvault.files.modes import set_mode

        set_mode(file.fileno())  # as above
    return file


def _protected(flags: int) -> int:
    for name in _FLAGS:  # each where the system has it
        flags |= getattr(os, name, 0)
    return flags


@contextmanager
def _opening(path: Path, what: str) -> Generator[None]:
    try:
        yield
    except OSError as exc:
        if exc.errno in {errno.ELOOP, errno.EMLINK} and path.is_symlink():  # EMLINK on FreeBSD
            raise InsecurePermissionsError(
                f"{what} is a symbolic link", hint="use the file itself; links are not followed here"
            ) from None
        if exc.errno == errno.ENXIO:  # a socket, or a pipe that nobody reads
            raise ConfigError(f"{what} is not a regular file") from None
        raise


def _problem(status: os.stat_result, path: Path, what: str, refused: int, *, modes: bool) -> PyvaultError | None:
    if not stat.S_ISREG(status.st_mode):
        return ConfigError(f"{what} is not a regular file")
    if sys.platform == "win32":
        return None
    if modes and status.st_uid != os.geteuid():
        return InsecurePermissionsError(f"{what} belongs to user {status.st_uid}", hint="use another file")
    if status.st_nlink > 1:
        return InsecurePermissionsError(
            f"{what} has a hard link, which would be written to as well", hint="remove the link, or use another file"
        )
    if modes and status.st_mode & refused:
        from pyvault.files.owners import chmod_hint

        access = "writable" if refused == OTHERS_WRITE else "readable"
        return InsecurePermissionsError(
            f"{what} is {access} by other users", hint=chmod_hint("600", path, status.st_uid)
        )
    return None
