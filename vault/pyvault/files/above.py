"""Who else could replace a directory: anyone who can write to one above it.

A path is resolved step by step, as the kernel does, because the directory of a link
on the way matters as much as the one it leads to. In a directory with the sticky bit
nobody can rename other users' files, so ``/tmp`` is safe.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.files import witness
from pyvault.interruptions import pass_interruption

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINKS = 40  # Source: path_resolution(7)
ACCOUNTS = Path("/etc")
ROOT = 0


def find_exposed(directory: Path, *, user: int, accounts: Path = ACCOUNTS) -> Path | None:
    """Return the first directory above *directory* in which others could replace what leads to it.

    Args:
        directory: absolute and existing; not checked itself.
        user: the user id that doesn't count as another.
        accounts: the directory of the files ``group`` and ``passwd``.

    Raises:
        OSError: as the system says.
    """
    looked_at: set[str] = set()
    for place, status in _above(str(directory)):
        if witness.current is not None and place not in looked_at:
            witness.current.saw_directory(place, status)
        if place not in looked_at and _is_exposed(status, user, accounts):
            return Path(place)
        looked_at.add(place)
    return None


def _above(directory: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every directory in which a name on the way is looked up. Paths are text: every command does this often."""
    here, links = "/", 0
    status = os.lstat(here)
    rest = _names(directory)
    while rest:
        name = rest.pop(0)
        if name == "..":
            here = os.path.dirname(here)  # noqa: PTH120 - text
            status = os.lstat(here)
            continue
        yield here, status
        step = os.path.join(here, name)  # noqa: PTH118 - text
        found = os.lstat(step)
        if not stat.S_ISLNK(found.st_mode):
            here, status = step, found
            continue
        if witness.current is not None:
            witness.current.saw_directory(step, found)
        links += 1
        if links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), directory)
        target = os.readlink(step)  # noqa: PTH115 - text
        if target.startswith("/"):
            here, status = "/", os.lstat("/")
        rest[:0] = _names(target)


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in {"", "."}]


def _is_exposed(status: os.stat_result, user: int, accounts: Path) -> bool:
    if status.st_mode & stat.S_ISVTX:
        return False
    if status.st_mode & stat.S_IWOTH:
        return True
    known = {user, ROOT, status.st_uid}
    return bool(status.st_mode & stat.S_IWGRP) and not _members(status.st_gid, accounts) <= known


def _members(group: int, accounts: Path) -> set[int]:
    """Return the users of a group: those whose primary group it is, and those it lists.

    Read from the files: a name service may be slow, and a private group doesn't need it.
    """
    users = {row[0]: (int(row[2]), int(row[3])) for row in _rows(accounts / "passwd", numbers=(2, 3))}
    listed = [row[3].split(",") for row in _rows(accounts / "group", numbers=(2,)) if int(row[2]) == group]
    named = {name.strip() for names in listed for name in names if name.strip()}
    # A name without a number here comes from another service, so it is another user.
    return {uid for uid, primary in users.values() if primary == group} | {
        users[name][0] if name in users else -1 for name in named
    }


def _rows(file: Path, *, numbers: tuple[int, ...]) -> list[list[str]]:
    try:
        if witness.current is not None:
            witness.current.saw_file(file, file.stat())
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as exc:
        pass_interruption(exc)
        if witness.current is not None:
            witness.current.lose_sight()
        return []
    rows = [line.split(":") for line in lines]
    return [row for row in rows if len(row) > max(*numbers, 3) and all(row[at].isdecimal() for at in numbers)]
