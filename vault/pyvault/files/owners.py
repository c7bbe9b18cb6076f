"""Who owns a file. We neither create, change nor give away files of another user.

``sudo`` that keeps HOME, and root in a container with a folder of the host, can do
anything to another user's files. What root creates there locks that user out, so the
advice is always to become that user.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pyvault.interruptions import pass_interruption

ROOT = 0


def current_user() -> int:
    """Return the effective user id; 0 on Windows, where files have no such owners."""
    return os.geteuid() if sys.platform != "win32" else ROOT


def foreign_owner(path: Path) -> int | None:
    """Return the other user who owns *path*, or the nearest existing directory above it.

    None if it is ours. Missing directories below one of root are in nobody's home.
    """
    if sys.platform == "win32":
        return None
    place = _nearest(path)
    owner = place.stat().st_uid
    return None if owner == current_user() or (owner == ROOT and place != path) else owner


def ownership_hint(owner: int, path: Path) -> str:
    """Return advice about a file or directory of another user."""
    if owner != ROOT:
        become = (
            f"sudo -u '#{owner}', or docker run --user {owner}" if current_user() == ROOT else f"sudo -u '#{owner}'"
        )
        return f"run it as that user ({become}), or use a directory of your own"
    if _is_in_our_home(path):  # left there by a run as root
        return f"sudo chown -R {current_user()} '{_outermost(path, owner)}'"
    return "use a directory of your own"


def foreign_owner_hint(path: Path) -> str | None:
    """Return advice if the existing part of *path* belongs to another user; None if it is ours."""
    if sys.platform == "win32":
        return None
    place = _nearest(path)
    owner = place.stat().st_uid
    if owner == current_user():
        return None
    return f"'{_outermost(place, owner)}' belongs to user {owner}: {ownership_hint(owner, place)}"


def chmod_hint(change: str, path: Path, owner: int) -> str:
    """Return the ``chmod`` that helps, or other advice if it wouldn't work or the file isn't ours."""
    if owner != current_user():
        return f"it belongs to user {owner}: {ownership_hint(owner, path)}"
    from pyvault.files.modes import keeps_modes, name_of_file_system

    if not keeps_modes(path if path.is_dir() else path.parent):
        return f"its file system ({name_of_file_system(path)}) has no permissions: use a directory on another one"
    return f"chmod {change} '{path}'"


def _nearest(path: Path) -> Path:
    """Return *path*, or the nearest directory above it that is accessible."""
    for place in (path, *path.absolute().parents):
        try:
            place.stat()
        except OSError as exc:
            pass_interruption(exc)
            continue
        return place
    return Path("/")


def _outermost(path: Path, owner: int) -> Path:
    """Return the highest directory on the way to *path*, in our home, that belongs to *owner* too."""
    place = path.absolute()
    while _is_in_our_home(place.parent) and place.parent.stat().st_uid == owner:
        place = place.parent
    return place


def _is_in_our_home(path: Path) -> bool:
    try:
        home = Path.home()
        return path != home and path.absolute().is_relative_to(home) and home.stat().st_uid == current_user()
    except (OSError, RuntimeError) as exc:  # no home, or one that doesn't exist
        pass_interruption(exc)
        return False
