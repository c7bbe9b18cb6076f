"""The random id of a state directory, by which a vault knows who wrote last where."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from pyvault.errors import VaultExistsError
from pyvault.files.atomic import PendingFile, place_new
from pyvault.vaultfile.descent import ID_SIZE

if TYPE_CHECKING:
    from pathlib import Path


def find_writer(path: Path) -> bytes | None:
    """Return the id that is kept at *path*; None if there is none."""
    try:
        text = path.read_text(encoding="ascii").strip()
        found = bytes.fromhex(text)
    except (OSError, ValueError):
        return None
    return found if len(found) == ID_SIZE else None


def make_writer(path: Path) -> bytes | None:
    """Return the id at *path*, made if it is missing; of several processes all get the same one.

    Raises:
        WriteFailedError: it can't be written.
    """
    found = find_writer(path)
    if found is not None:
        return found
    path.unlink(missing_ok=True)  # damaged
    with PendingFile(path) as pending:
        pending.write(secrets.token_bytes(ID_SIZE).hex().encode() + b"\n")
        pending.finish()
        with contextlib.suppress(VaultExistsError):
            place_new(pending.path, path)
    return find_writer(path)
