"""Remove the passing locks that killed holders left, as their names may never come again.

While a file is removed the lock on it is shared, so that nobody can hold it; who
tries to meanwhile sees that it is no holder who keeps it, waits a moment, and
finds that the name does not mean this file any more. Two that remove at a time
would not do: the second could take away what somebody has made and locked since
the first.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.errors import PyvaultError
from pyvault.files.lock import LockFile, is_at, open_lock, try_share, unlock

if TYPE_CHECKING:
    from collections.abc import Callable

ONE_AT_A_TIME = "sweep.lock"


def remove_abandoned(directory: Path, is_passing: Callable[[str], bool], *, idle: float = 0) -> None:
    """Remove the lock files that nobody holds. One that can't be removed is left.

    Args:
        directory: where they are; need not exist.
        is_passing: says of a file's name whether all who lock it call it passing.
        idle: leave those that somebody has locked in the last so many seconds.
    """
    newest = clock.now().timestamp() - idle
    with suppress(OSError, PyvaultError):  # held, not to be written, or not ours
        with os.scandir(directory) as entries:
            found = [Path(entry.path) for entry in entries if is_passing(entry.name)]
        if idle:
            found = [path for path in found if _last_locked(path) < newest]
        if not found:
            return
        with LockFile(directory / ONE_AT_A_TIME, timeout=0):  # it stays: no passing one
            for path in found:
                with suppress(OSError, PyvaultError):
                    _remove_unless_held(path)


def _last_locked(path: Path) -> float:
    """Give the time of the last lock; one that goes meanwhile, as they do, needs no removing."""
    try:
        return path.lstat().st_mtime
    except OSError:
        return inf


def _remove_unless_held(path: Path) -> None:
    if sys.platform == "win32":
        path.unlink()  # refused while anybody has it open
        return
    descriptor = open_lock(path, make=False)
    try:
        if try_share(descriptor) and is_at(descriptor, path):
            path.unlink()
    finally:
        unlock(descriptor)  # a forked child may have the descriptor too
        os.close(descriptor)
