"""Whether a file is private, regular and ours, checked on the open descriptor.

A check of a path says nothing about the file that is opened a moment later, so the
file is opened first (without following a link, without waiting for a fifo) and the
descriptor is checked. Windows has no such permissions; there it only has to be a
regular file.

Source: docs/vault-format.md, section 8.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

from pyvault.errors import (
    AccessDeniedError,
    InsecurePermissionsError,
    NotAVaultError,
    VaultNotFoundError,
    WriteFailedError,
)
from pyvault.files import witness
from pyvault.files.retry import retry_while_in_use
from pyvault.interruptions import pass_interruption
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
ROOT = 0
WSL = frozenset({"9p", "drvfs"})  # how it mounts Windows drives
INSIST = "PYVAULT_INSECURE_DIRECTORY"
HEAD = 84  # bytes of a vault that change with each write; docs/vault-format.md, section 3


class FileChecks(Record):
    """What to check of a vault file and its directory.

    Attributes:
        modes: whether owner and permission bits are checked.
    """

    modes: bool = sys.platform != "win32"

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> FileChecks:
        """Return the checks for an environment, which may turn them off."""
        return cls(modes=False) if environ.get(INSIST, "").lower() in {"1", "true", "yes"} else cls()

    @property
    def owner(self) -> int:
        """The current effective user; it may have changed since the process started."""
        return os.geteuid() if sys.platform != "win32" else 0


def open_vault_file(path: Path, checks: FileChecks) -> int:
    """Open a vault file for reading, and return the descriptor.

    Raises:
        VaultNotFoundError: there is no such file.
        AccessDeniedError: the system refuses.
        NotAVaultError: a directory, fifo, device or socket.
        InsecurePermissionsError: others could read or replace it, or it is a link.
    """
    flags = os.O_RDONLY
    for flag in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_NOINHERIT", "O_BINARY", "O_NOCTTY"):
        flags |= getattr(os, flag, 0)
    with reading(path):
        descriptor = retry_while_in_use(lambda: os.open(path, flags))
    try:
        with reading(path):
            status = os.fstat(descriptor)
            if witness.current is not None:
                witness.current.saw_file(path, status, link=False)
                witness.current.saw_bytes(path, os.pread(descriptor, HEAD, 0))
        _check_file(path, status, checks)
        check_directory(path.parent, checks)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def check_directory(directory: Path, checks: FileChecks) -> None:
    """Refuse a directory in which others could replace the vault, or which they could replace.

    Raises:
        InsecurePermissionsError: it belongs to another user, or others can write to it or to one above it.
    """
    if not checks.modes:
        return
    from pyvault.files.above import find_exposed

    with reading(directory):
        status = directory.stat()
        if witness.current is not None:
            witness.current.saw_directory(str(directory), status)
        exposed = find_exposed(directory.absolute(), user=checks.owner)
    if status.st_mode & OTHERS_WRITE:
        raise _insecure(directory, f"the directory '{directory}' is writable by other users", "700", status.st_uid)
    if status.st_uid not in {checks.owner, ROOT}:
        raise _foreign(directory, f"the directory '{directory}'", status.st_uid)
    if exposed is not None:
        raise _exposed(exposed, directory)


def check_ancestors(path: Path, checks: FileChecks) -> None:
    """Refuse a path that others could redirect, before its links are resolved.

    Raises:
        InsecurePermissionsError: it leads through a directory to which others can write.
    """
    if witness.current is not None and not path.is_absolute():
        witness.current.saw_relative()
    if not checks.modes:
        return
    from pyvault.files.above import find_exposed

    directory = path.parent.absolute()
    try:
        exposed = find_exposed(directory, user=checks.owner)
    except OSError as exc:  # opening the file reports the problem
        pass_interruption(exc)
        return
    if exposed is not None:
        raise _exposed(exposed, directory)


def check_state_directory(directory: Path, checks: FileChecks) -> None:
    """Refuse a state directory to which others can write; a missing one is fine, and will be created private.

    Raises:
        InsecurePermissionsError: see :func:`check_directory`.
    """
    try:
        exists = directory.is_dir()
    except OSError as exc:  # reading or writing in it reports the problem
        pass_interruption(exc)
        return
    if exists:
        check_directory(directory, checks)


def prepare_directory(directory: Path, checks: FileChecks) -> None:
    """Create the vault's directory with mode 0700 if it is missing, and check it.

    Raises:
        WriteFailedError: it can't be created.
        InsecurePermissionsError: see :func:`check_directory`.
    """
    make_private_directory(directory, checks)
    check_directory(directory, checks)


def make_private_directory(directory: Path, checks: FileChecks) -> None:
    """Create a directory with mode 0700 if it is missing, but not in another user's directory.

    Raises:
        WriteFailedError: it can't be created.
        InsecurePermissionsError: it would be in a directory of another user, whom it would lock out.
    """
    from pyvault.files.modes import make_directory
    from pyvault.files.owners import foreign_owner, foreign_owner_hint

    try:
        owner = foreign_owner(directory) if checks.modes else None
        if owner is not None and owner != ROOT:
            raise _foreign(directory, f"the directory of '{directory}'", owner)
        make_directory(directory)
    except OSError as exc:
        pass_interruption(exc)
        message = f"can't create the directory '{directory}': {exc.strerror}"
        raise WriteFailedError(message, hint=foreign_owner_hint(directory)) from exc


def _check_file(path: Path, status: os.stat_result, checks: FileChecks) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotAVaultError(f"'{path}' is not a regular file")
    if not checks.modes:
        return
    if status.st_uid != checks.owner:
        raise _foreign(path, f"'{path}'", status.st_uid)
    if status.st_mode & OTHERS:
        raise _insecure(path, f"'{path}' is readable by other users", "600", status.st_uid)


def _exposed(above: Path, directory: Path) -> InsecurePermissionsError:
    message = f"the directory '{above}' is writable by other users, who could replace '{directory}'"
    return _insecure(above, message, "go-w", above.stat().st_uid)


def _foreign(path: Path, what: str, owner: int) -> InsecurePermissionsError:
    """Return the error for a file or directory of another user."""
    from pyvault.files.owners import ownership_hint

    return InsecurePermissionsError(f"{what} belongs to user {owner}", hint=ownership_hint(owner, path))


def _insecure(path: Path, message: str, change: str, owner: int) -> InsecurePermissionsError:
    """Return the error for a mode, with advice that works on its file system."""
    from pyvault.files.modes import keeps_modes, name_of_file_system
    from pyvault.files.owners import chmod_hint

    if keeps_modes(path if path.is_dir() else path.parent):
        return InsecurePermissionsError(message, hint=chmod_hint(change, path, owner))
    kind = name_of_file_system(path)
    # Source: the WSL documentation, "Advanced settings configuration".
    metadata = 'or mount it with options = "metadata" ([automount] in /etc/wsl.conf); ' if kind in WSL else ""
    return InsecurePermissionsError(
        f"{message}, and its file system ({kind}) has no permissions",
        hint=f"keep the vault in your home directory; {metadata}or use this place anyway with {INSIST}=1",
    )


@contextlib.contextmanager
def reading(path: Path) -> Generator[None]:
    """Turn system errors while *path* is opened or read into our own errors.

    Raises:
        VaultNotFoundError, InsecurePermissionsError, NotAVaultError, AccessDeniedError
    """
    try:
        yield
    except OSError as exc:
        pass_interruption(exc)
        if witness.current is not None:
            from pyvault.files.reading import note_failure

            note_failure(path, exc)
        raise _reading_error(path, exc) from exc


def _reading_error(path: Path, exc: OSError) -> Exception:
    if isinstance(exc, FileNotFoundError | NotADirectoryError):
        from pyvault.surface import option

        made_with = option("create_vault") or "pyvault.create_vault"
        return VaultNotFoundError(f"there is no vault at '{path}'", hint=f"create it with {made_with}")
    if exc.errno in {errno.ELOOP, errno.EMLINK}:
        return InsecurePermissionsError(
            f"'{path}' is a symbolic link", hint=f"use the file itself: '{os.path.realpath(path)}'"
        )
    if exc.errno in {errno.ENXIO, errno.ENODEV, errno.EISDIR}:
        return NotAVaultError(f"'{path}' is not a regular file")
    from pyvault.files.owners import foreign_owner_hint

    return AccessDeniedError(f"can't read '{path}': {exc.strerror}", hint=foreign_owner_hint(path))
