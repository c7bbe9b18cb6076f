"""Who else could exchange a directory: whoever may write to one above it.

A path is resolved step by step, as the kernel does it, because the place of a
link on the way is as good as the directory that it leads to. A directory with the
sticky bit lets nobody rename what is another's, so ``/tmp`` is no danger.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINKS = 40  # Source: path_resolution(7)
ACCOUNTS = Path("/etc")
ROOT = 0


def find_exposed(directory: Path, *, user: int, accounts: Path = ACCOUNTS) -> Path | None:
    """Return the first directory above *directory* where others could exchange what leads to it.

    Args:
        directory: absolute; it is there. Not looked at itself.
        user: who is not another.
        accounts: where the files ``group`` and ``passwd`` are.

    Raises:
        OSError: as the system says.
    """
    looked_at: set[str] = set()
    for place, status in _above(str(directory)):
        if place not in looked_at and _is_exposed(status, user, accounts):
            return Path(place)
        looked_at.add(place)
    return None


def _above(directory: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every directory in which a name on the way is looked up. Text, because every command does this often."""
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
    """Return the users of a group: those of whom it is the first, and those it lists.

    Read from the files: a name service may be slow, and a private group needs none.
    """
    users = {row[0]: (int(row[2]), int(row[3])) for row in _rows(accounts / "passwd", numbers=(2, 3))}
    listed = [row[3].split(",") for row in _rows(accounts / "group", numbers=(2,)) if int(row[2]) == group]
    named = {name.strip() for names in listed for name in names if name.strip()}
    # A name without a number here is somebody of another service, and surely not us.
    return {uid for uid, first in users.values() if first == group} | {
        users[name][0] if name in users else -1 for name in named
    }


def _rows(file: Path, *, numbers: tuple[int, ...]) -> list[list[str]]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    rows = [line.split(":") for line in lines]
    return [row for row in rows if len(row) > max(*numbers, 3) and all(row[at].isdecimal() for at in numbers)]
