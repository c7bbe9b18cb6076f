"""The last five states of a vault: ``vault.pyv.bak.1`` (newest) to ``.bak.5``.

They still hold old slots and deleted secrets, so a change that revokes something
deletes them. Everything here runs under the vault's lock.

Source: docs/vault-format.md, section 8.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from pyvault.errors import BackendError, ItemNotFoundError, VaultNotFoundError, WriteFailedError
from pyvault.files.atomic import PendingFile, writing
from pyvault.files.file_checks import reading
from pyvault.interruptions import pass_interruption, suppressing
from pyvault.record import Record
from pyvault.vaultfile.disk.vault_reader import read_header

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from pyvault.files.file_checks import FileChecks

KEPT = 5
COPY_SIZE = 1 << 20
FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


class Backup(Record):
    """One earlier state.

    Attributes:
        number: 1 is the newest.
        path: of a file; another place names it in its own way.
        generation, vault_id: unverified; None if its header can't be read.
        modified: of the file, in epoch seconds.
    """

    number: int
    path: Path | str
    size: int
    modified: float
    generation: int | None
    vault_id: bytes | None


def backup_path(vault: Path, number: int) -> Path:
    """Return the path of a backup of *vault*."""
    return vault.with_name(f"{vault.name}.bak.{number}")


def list_backups(vault: Path, checks: FileChecks | None = None) -> list[Backup]:
    """Return the backups, newest first; none is unlocked."""
    found: list[Backup] = []
    for number in range(1, KEPT + 1):
        path = backup_path(vault, number)
        with contextlib.suppress(VaultNotFoundError), reading(path):
            status = path.stat()
            header = None
            with contextlib.suppress(BackendError):
                header = read_header(path, checks)
            found.append(
                Backup(
                    number=number,
                    path=path,
                    size=status.st_size,
                    modified=status.st_mtime,
                    generation=header.generation if header else None,
                    vault_id=header.vault_id if header else None,
                )
            )
    return found


def find_backup(vault: Path, number: int) -> Path:
    """Return the path of an existing backup.

    Raises:
        ItemNotFoundError: there is no such backup.
    """
    path = backup_path(vault, number)
    if number not in range(1, KEPT + 1) or not os.path.lexists(path):
        raise ItemNotFoundError(
            f"there is no backup {number} of '{vault}'", hint="'pyvault vault backups' lists those that there are"
        )
    return path


def keep_backup(vault: Path) -> None:
    """Make the current file, if there is one, the newest backup.

    Every step is one rename or link: a crash in between leaves a gap in the
    numbers, which the next shift fills, and loses no backup.

    Raises:
        WriteFailedError: nothing about the vault itself has changed.
    """
    newest = backup_path(vault, 1)
    with writing(newest):
        if not vault.exists():
            return
        if newest.exists() and newest.samefile(vault):
            return  # a writer was killed after its backup and before its rename
        free = next((number for number in range(1, KEPT) if not backup_path(vault, number).exists()), KEPT)
        for number in range(free, 1, -1):
            backup_path(vault, number - 1).replace(backup_path(vault, number))
        try:
            newest.hardlink_to(vault)
        except OSError as exc:  # a file system without hard links
            pass_interruption(exc)
            _copy(vault, newest)


@contextlib.contextmanager
def hint_at_backups(vault: Path) -> Generator[None]:
    """Add a hint to the error of a full disk: how much space deleting the backups would free.

    Raises:
        WriteFailedError: as inside, with the hint.
    """
    try:
        yield
    except WriteFailedError as exc:
        cause = exc.__cause__
        if exc.hint is None and isinstance(cause, OSError) and cause.errno in FULL:
            raise WriteFailedError(exc.message, hint=_space_in_backups(vault)) from cause
        raise


def _space_in_backups(vault: Path) -> str | None:
    sizes: list[int] = []
    for number in range(1, KEPT + 1):
        with suppressing(OSError):
            status = backup_path(vault, number).stat()
            if status.st_nlink == 1:  # a link to the current vault frees nothing
                sizes.append(status.st_size)
    if not sizes:
        return None
    count = "1 backup" if len(sizes) == 1 else f"{len(sizes)} backups"
    return f"'pyvault vault purge' deletes {count} and frees {-(-sum(sizes) // 1024)} KiB"


def delete_backups(vault: Path) -> int:
    """Delete all backups of *vault*, and return how many there were.

    Raises:
        WriteFailedError: one can't be deleted.
    """
    count = 0
    for number in range(1, KEPT + 1):
        path = backup_path(vault, number)
        with writing(path), suppressing(FileNotFoundError):
            path.unlink()
            count += 1
    return count


def _copy(source: Path, target: Path) -> None:
    with PendingFile(target) as pending, source.open("rb") as stream:
        while part := stream.read(COPY_SIZE):
            pending.write(part)
        pending.commit()
