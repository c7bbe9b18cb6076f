"""Open a file of ours that somebody may have prepared: a log, a lock, a token at a place that a person names.

Others may have put something there before: a link that leads our writing elsewhere, a
second name (a hard link) of another file, a file that they can read, a pipe that nobody
empties. The file is opened without following a link or waiting, and then the descriptor
is asked, since a name may mean another file a moment later.

Windows keeps no such modes and owners; there a plain file will do.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError, InsecurePermissionsError, PyvaultError

if TYPE_CHECKING:
    from pathlib import Path

OWNER_USES = stat.S_IRUSR | stat.S_IWUSR
OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_FLAGS = ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_NOINHERIT", "O_BINARY")


def open_private_file(
    path: Path, flags: int, *, what: str, refused: int = OTHERS, device: bool = False, modes: bool = True
) -> int:
    """Open a file of this user alone; with ``O_CREAT`` it is made with mode 0600.

    Args:
        path: where it is.
        flags: how to open it; those against surprises are added.
        what: what the file is, with its path, for the error: ``the lock '/x/y'``.
        refused: mode bits that no such file of ours has.
        device: a character device will do: only root can make one, and nothing in it can be overwritten.
        modes: False on a file system where owner and mode say nothing.

    Raises:
        InsecurePermissionsError: it is a link, has a second name, or others own it or can open it.
        ConfigError: it is no plain file.
        OSError: as the system says.
    """
    for name in _FLAGS:  # each where the system has it
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags, 0o600)
        status = os.fstat(descriptor)
    except OSError as exc:
        if exc.errno in {errno.ELOOP, errno.EMLINK} and path.is_symlink():  # EMLINK: FreeBSD's word for it
            raise InsecurePermissionsError(
                f"{what} is a symbolic link", hint="name the file itself; no link is followed here"
            ) from None
        if exc.errno == errno.ENXIO:  # a socket, or a pipe that nobody reads
            raise ConfigError(f"{what} is not a plain file") from None
        raise
    if device and stat.S_ISCHR(status.st_mode):
        return descriptor
    if (problem := _problem(status, path, what, refused, modes=modes)) is not None:
        os.close(descriptor)
        raise problem
    if flags & os.O_CREAT and modes and status.st_mode & OWNER_USES != OWNER_USES:
        from pyvault.files.modes import set_mode

        set_mode(descriptor)  # a narrow umask: the next one couldn't open it
    return descriptor


def _problem(status: os.stat_result, path: Path, what: str, refused: int, *, modes: bool) -> PyvaultError | None:
    if not stat.S_ISREG(status.st_mode):
        return ConfigError(f"{what} is not a plain file")
    if sys.platform == "win32":
        return None
    if modes and status.st_uid != os.geteuid():
        return InsecurePermissionsError(f"{what} belongs to user {status.st_uid}", hint="name another file")
    if status.st_nlink > 1:
        return InsecurePermissionsError(
            f"{what} has a second name (a hard link), and both would be written to", hint="remove it, or name another"
        )
    if modes and status.st_mode & refused:
        from pyvault.files.owners import chmod_hint

        return InsecurePermissionsError(f"{what} is open to others", hint=chmod_hint("600", path, status.st_uid))
    return None
