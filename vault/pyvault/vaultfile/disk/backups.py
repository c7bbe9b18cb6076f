"""The last five states of a vault: ``vault.pyv.bak.1`` (newest) to ``.bak.5``.

They keep old slots and deleted secrets. A change that revokes something deletes
them; everything here runs under the vault's lock.

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
        generation, vault_id: None if its header can't be read; unverified.
        modified: epoch seconds of the file.
    """

    number: int
    path: Path
    size: int
    modified: float
    generation: int | None
    vault_id: bytes | None


def backup_path(vault: Path, number: int) -> Path:
    """Name a backup of *vault*."""
    return vault.with_name(f"{vault.name}.bak.{number}")


def list_backups(vault: Path, checks: FileChecks | None = None) -> list[Backup]:
    """List the backups, the newest first; opens nothing."""
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
    """Give the path of a backup that exists.

    Raises:
        ItemNotFoundError: there is no such backup.
    """
    path = backup_path(vault, number)
    if number not in range(1, KEPT + 1) or not os.path.lexists(path):
        raise ItemNotFoundError(f"there is no backup {number} of '{vault}'")
    return path


def keep_backup(vault: Path) -> None:
    """Make the file in place, if there is one, the newest backup.

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
            return  # a writer was killed between its backup and its rename
        free = next((number for number in range(1, KEPT) if not backup_path(vault, number).exists()), KEPT)
        for number in range(free, 1, -1):
            backup_path(vault, number - 1).replace(backup_path(vault, number))
        try:
            newest.hardlink_to(vault)
        except OSError:  # a file system without hard links
            _copy(vault, newest)


@contextlib.contextmanager
def telling_of_room(vault: Path) -> Generator[None]:
    """Add to the error of a full disk what deleting the backups would free.

    Raises:
        WriteFailedError: as inside; the hint is new.
    """
    try:
        yield
    except WriteFailedError as exc:
        cause = exc.__cause__
        if exc.hint is None and isinstance(cause, OSError) and cause.errno in FULL:
            raise WriteFailedError(exc.message, hint=_room_in_backups(vault)) from cause
        raise


def _room_in_backups(vault: Path) -> str | None:
    sizes: list[int] = []
    for number in range(1, KEPT + 1):
        with contextlib.suppress(OSError):
            status = backup_path(vault, number).stat()
            if status.st_nlink == 1:  # one that is the vault in place too frees nothing
                sizes.append(status.st_size)
    if not sizes:
        return None
    count = "1 backup" if len(sizes) == 1 else f"{len(sizes)} backups"
    return f"pyvault vault purge deletes {count} and frees {-(-sum(sizes) // 1024)} KiB"


def delete_backups(vault: Path) -> int:
    """Delete all backups of *vault*; gives how many there were.

    Raises:
        WriteFailedError: one can't be deleted.
    """
    count = 0
    for number in range(1, KEPT + 1):
        path = backup_path(vault, number)
        with writing(path), contextlib.suppress(FileNotFoundError):
            path.unlink()
            count += 1
    return count


def _copy(source: Path, target: Path) -> None:
    with PendingFile(target) as pending, source.open("rb") as stream:
        while part := stream.read(COPY_SIZE):
            pending.write(part)
        pending.commit()
