"""The random id of a state directory, by which a vault knows who wrote last where."""

from __future__ import annotations

import errno
import secrets
from typing import TYPE_CHECKING

from pyvault.files.atomic import remove_leftovers, replace_file
from pyvault.files.reading import read_file
from pyvault.vaultfile.descent import ID_SIZE

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 4096


def find_writer(path: Path) -> bytes | None:
    """Return the id that is kept at *path*; None if there is none that can be read."""
    try:
        return _parse(read_file(path, MAX_BYTES))
    except OSError:
        return None


def make_writer(path: Path) -> bytes | None:
    """Return the id at *path*, made if it is missing or damaged; None if it is there and can't be read.

    The caller holds the lock of the state directory.

    Raises:
        WriteFailedError: it can't be written.
    """
    try:
        found = _parse(read_file(path, MAX_BYTES))
    except FileNotFoundError:
        found = None
    except OSError as exc:
        if exc.errno != errno.EFBIG:  # it may be read the next time: a new one would make this machine somebody else
            return None
        found = None
    if found is None:
        found = secrets.token_bytes(ID_SIZE)
        remove_leftovers(path)
        replace_file(path, found.hex().encode() + b"\n")
    return found


def _parse(text: bytes) -> bytes | None:
    try:
        found = bytes.fromhex(text.decode().strip())
    except ValueError:
        return None
    return found if len(found) == ID_SIZE else None
