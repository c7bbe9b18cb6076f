"""What we make is ours alone, whatever the umask says.

A wide umask must not open what we make to others, parents of a directory included
(``mkdir -p`` makes those by the umask alone), and a narrow one must not lock us out.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OWNER = stat.S_IRWXU


def make_directory(directory: Path) -> None:
    """Make a directory and all that is missing above it with mode 0700; one that is there stays as it is.

    Raises:
        OSError: it can't be made, or something else has the name.
    """
    missing: list[Path] = []
    for place in (directory, *directory.parents):
        if place.is_dir():
            break
        missing.append(place)
    for place in reversed(missing):
        try:
            make_new_directory(place)
        except FileExistsError:  # another process was faster
            if not place.is_dir():
                raise


def make_new_directory(directory: Path) -> None:
    """Make a directory with mode 0700 where there is nothing yet.

    Raises:
        OSError: it can't be made, or something has the name.
    """
    directory.mkdir(mode=OWNER)
    if directory.stat().st_mode & OWNER != OWNER:
        directory.chmod(OWNER)


def set_mode(descriptor: int, mode: int = 0o600) -> None:
    """Give a file that was just made its mode; a file system that keeps no modes keeps none of this either."""
    if sys.platform == "win32" or stat.S_IMODE(os.fstat(descriptor).st_mode) == mode:
        return
    with contextlib.suppress(PermissionError):  # vfat says so to every mode that it can't have
        os.fchmod(descriptor, mode)
