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
    looked_at: set[Path] = set()
    for place in _above(directory):
        if place in looked_at:
            continue
        looked_at.add(place)
        if _is_exposed(place.stat(), user, accounts):
            return place
    return None


def _above(directory: Path) -> Iterator[Path]:
    """Yield every directory in which a name on the way is looked up."""
    here, links = Path(directory.anchor), 0
    rest = list(directory.parts[1:])
    while rest:
        name = rest.pop(0)
        if name == "..":
            here = here.parent
            continue
        yield here
        step = here / name
        if not step.is_symlink():
            here = step
            continue
        links += 1
        if links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(directory))
        target = step.readlink()
        if target.is_absolute():
            here = Path(target.anchor)
            rest[:0] = target.parts[1:]
        else:
            rest[:0] = target.parts


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
