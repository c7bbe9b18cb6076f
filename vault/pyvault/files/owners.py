"""Whose files are these? Another user's are neither made, changed nor given away by us.

``sudo`` that keeps HOME, and root in a container with a folder of the host, see the
files of somebody else and may do anything to them. What root makes or takes there
locks their user out, so the advice is always to become that user.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = 0


def current_user() -> int:
    """Return the user this process runs as now; 0 on Windows, where files have no such owners."""
    return os.geteuid() if sys.platform != "win32" else ROOT


def foreign_owner(path: Path) -> int | None:
    """Return the other user to whom *path*, or the nearest directory above it that is there, belongs.

    None where it is ours. What is missing below a directory of root is in nobody's home.
    """
    if sys.platform == "win32":
        return None
    place = _nearest(path)
    owner = place.stat().st_uid
    return None if owner == current_user() or (owner == ROOT and place != path) else owner


def ownership_hint(owner: int, path: Path) -> str:
    """Return what a person can do about a file or directory of another user."""
    if owner != ROOT:
        become = (
            f"sudo -u '#{owner}', or docker run --user {owner}" if current_user() == ROOT else f"sudo -u '#{owner}'"
        )
        return f"run it as that user ({become}), or use a place of your own"
    if _is_in_our_home(path):  # left there by a run as root
        return f"sudo chown -R {current_user()} '{_outermost(path, owner)}'"
    return "use a place of your own"


def foreign_owner_hint(path: Path) -> str | None:
    """Return advice where *path* can't be used because what is there of it is another user's; None where it is ours."""
    if sys.platform == "win32":
        return None
    place = _nearest(path)
    owner = place.stat().st_uid
    if owner == current_user():
        return None
    return f"'{_outermost(place, owner)}' belongs to user {owner}: {ownership_hint(owner, place)}"


def chmod_hint(change: str, path: Path, owner: int) -> str:
    """Return the ``chmod`` that helps, or what helps where it can't, or this person can't do it or shouldn't."""
    if owner != current_user():
        return f"it belongs to user {owner}: {ownership_hint(owner, path)}"
    from pyvault.files.modes import keeps_modes, name_of_file_system

    if not keeps_modes(path if path.is_dir() else path.parent):
        return f"its file system ({name_of_file_system(path)}) keeps no modes: choose a place on another"
    return f"chmod {change} '{path}'"


def _nearest(path: Path) -> Path:
    """Return *path*, or the nearest directory above it that can be seen."""
    for place in (path, *path.absolute().parents):
        try:
            place.stat()
        except OSError:
            continue
        return place
    return Path("/")


def _outermost(path: Path, owner: int) -> Path:
    """Return the highest directory on the way to *path* that is this user's too, in our home."""
    place = path.absolute()
    while _is_in_our_home(place.parent) and place.parent.stat().st_uid == owner:
        place = place.parent
    return place


def _is_in_our_home(path: Path) -> bool:
    try:
        home = Path.home()
        return path != home and path.absolute().is_relative_to(home) and home.stat().st_uid == current_user()
    except (OSError, RuntimeError):  # no home, or none that is there
        return False
