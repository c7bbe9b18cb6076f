"""Removing a session vault without unlocking it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.files.atomic import remove_leftovers, writing
from pyvault.vaultfile.backups import delete_backups
from pyvault.vaultfile.handle import lock, settled_path
from pyvault.vaultfile.options import VaultOptions

if TYPE_CHECKING:
    from pathlib import Path

ORDINARY = VaultOptions()


def discard(path: Path, options: VaultOptions = ORDINARY) -> bool:
    """Unlink a vault with its backups and left-overs; says whether there was one.

    Meant for session vaults, which lose nothing that a user typed in.

    Raises:
        LockTimeoutError: a writer kept the lock.
        WriteFailedError: it can't be unlinked.
    """
    if not path.parent.is_dir():
        return False
    path = settled_path(path)
    with lock(path, options), writing(path):
        remove_leftovers(path)
        delete_backups(path)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        return True
