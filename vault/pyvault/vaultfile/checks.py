"""Is this file private, plain and ours? Asked of the opened descriptor.

A check of a path says nothing of the file that is opened a moment later, so
the file is opened first (without following a link, without waiting for a fifo)
and the descriptor is asked. Windows keeps no such modes; there nothing is
checked but that it is a plain file.

Source: the vault file format, version 1, section 8.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyvault.errors import (
    AccessDeniedError,
    InsecurePermissionsError,
    NotAVaultError,
    VaultNotFoundError,
    WriteFailedError,
)
from pyvault.files.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
ROOT = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChecks:
    """What is asked of a vault file and its directory.

    Attributes:
        modes: whether owner and permission bits mean anything on this system.
    """

    modes: bool = sys.platform != "win32"

    @property
    def owner(self) -> int:
        """The user this process runs as now; it may have given up rights since it started."""
        return os.geteuid() if sys.platform != "win32" else 0


def open_private(path: Path, checks: FileChecks) -> int:
    """Open a vault file for reading and give the descriptor.

    Raises:
        VaultNotFoundError: nothing is there.
        AccessDeniedError: the system refuses.
        NotAVaultError: a directory, fifo, device or socket.
        InsecurePermissionsError: others could read or replace it, or it is a link.
    """
    flags = os.O_RDONLY
    for flag in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_NOINHERIT", "O_BINARY", "O_NOCTTY"):
        flags |= getattr(os, flag, 0)
    with reading(path):
        descriptor = patiently(lambda: os.open(path, flags))
    try:
        with reading(path):
            status = os.fstat(descriptor)
        _check_file(path, status, checks)
        check_directory(path.parent, checks)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def check_directory(directory: Path, checks: FileChecks) -> None:
    """Refuse a directory where others could replace the vault.

    Raises:
        InsecurePermissionsError: writable by group or world, or somebody else's.
    """
    if not checks.modes:
        return
    with reading(directory):
        status = directory.stat()
    if status.st_mode & OTHERS_WRITE:
        raise InsecurePermissionsError(
            f"the directory '{directory}' is writable by others", hint=f"chmod 700 '{directory}'"
        )
    if status.st_uid not in {checks.owner, ROOT}:
        raise InsecurePermissionsError(f"the directory '{directory}' belongs to user {status.st_uid}")


def prepare_directory(directory: Path, checks: FileChecks) -> None:
    """Make the vault's directory with mode 0700 if it is missing; check it if it is there.

    Raises:
        WriteFailedError: it can't be made.
        InsecurePermissionsError: see :func:`check_directory`.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise WriteFailedError(f"can't make the directory '{directory}': {exc.strerror}") from exc
    check_directory(directory, checks)


def _check_file(path: Path, status: os.stat_result, checks: FileChecks) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotAVaultError(f"'{path}' is not a plain file")
    if not checks.modes:
        return
    if status.st_uid != checks.owner:
        raise InsecurePermissionsError(
            f"'{path}' belongs to user {status.st_uid}", hint=f"chown {checks.owner} '{path}'"
        )
    if status.st_mode & OTHERS:
        raise InsecurePermissionsError(f"'{path}' is open to others", hint=f"chmod 600 '{path}'")


@contextlib.contextmanager
def reading(path: Path) -> Generator[None]:
    """Turn what the system says while *path* is opened or read into our errors.

    Raises:
        VaultNotFoundError, InsecurePermissionsError, NotAVaultError, AccessDeniedError
    """
    try:
        yield
    except OSError as exc:
        raise _reading_error(path, exc) from exc


def _reading_error(path: Path, exc: OSError) -> Exception:
    if isinstance(exc, FileNotFoundError | NotADirectoryError):
        return VaultNotFoundError(
            f"there is no vault at '{path}'", hint="the first pyvault add makes it, or pyvault vault init"
        )
    if exc.errno in {errno.ELOOP, errno.EMLINK}:
        return InsecurePermissionsError(
            f"'{path}' is a symbolic link", hint=f"name the file itself: '{os.path.realpath(path)}'"
        )
    if exc.errno in {errno.ENXIO, errno.ENODEV, errno.EISDIR}:
        return NotAVaultError(f"'{path}' is not a plain file")
    return AccessDeniedError(f"can't read '{path}': {exc.strerror}")
