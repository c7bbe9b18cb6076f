"""Whose files are these? Another user's are neither made, changed nor given away by us.

``sudo`` that keeps HOME, and root in a container with a folder of the host, see
the files of somebody else and may do anything to them. What root makes or takes there
locks their user out, so the advice is always to become that user.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ROOT = 0


def me() -> int:
    """Return the user this process runs as now; 0 on Windows, where files have no such owners."""
    return os.geteuid() if sys.platform != "win32" else ROOT


def foreign_owner(path: Path) -> int | None:
    """Return the other user to whom *path* belongs, or the nearest directory above it that is there.

    None where it is ours, or where that can't be seen. What belongs to root is nobody's
    home, so only a file that is there itself is root's.
    """
    if sys.platform == "win32":
        return None
    for place in (path, *path.parents):
        try:
            owner = place.stat().st_uid
        except OSError:
            continue
        return None if owner == me() or (owner == ROOT and place != path) else owner
    return None


def way_out(owner: int, path: Path) -> str:
    """Return what a person can do about a file or directory of another user."""
    if owner == ROOT:  # left by a run as root; only root can give it back
        return f"sudo chown -R {me()} '{path}'"
    if me() == ROOT:
        return f"run it as that user: sudo -u '#{owner}', or docker run --user {owner}"
    return f"run it as user {owner}, or use a place of your own"
