"""A full disk: what deleting the backups would free is said, where they would free anything."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pyvault.errors import WriteFailedError
from pyvault.files.atomic import writing
from pyvault.vaultfile.disk.backups import backup_path, hint_at_backups


def fail(vault: Path, number: int) -> str | None:
    with pytest.raises(WriteFailedError, match=os.strerror(number)) as caught, hint_at_backups(vault), writing(vault):
        raise OSError(number, os.strerror(number))
    return caught.value.hint


def test_backups_beside_a_vault_on_a_full_disk(tmp_path: Path) -> None:
    vault = tmp_path / "vault.pyv"
    vault.write_bytes(bytes(2048))
    assert fail(vault, errno.ENOSPC) is None
    backup_path(vault, 1).hardlink_to(vault)
    assert fail(vault, errno.ENOSPC) is None, "it is the vault in place, so deleting it frees nothing"
    backup_path(vault, 2).write_bytes(bytes(1025))
    assert fail(vault, errno.ENOSPC) == "'pyvault vault purge' deletes 1 backup and frees 2 KiB"
    backup_path(vault, 4).write_bytes(bytes(1024))
    assert fail(vault, errno.EDQUOT) == "'pyvault vault purge' deletes 2 backups and frees 3 KiB"
    assert fail(vault, errno.EIO) is None
