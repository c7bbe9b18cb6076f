"""Creating private files and directories whatever the umask; and whether a file system has permissions at all."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

from pyvault.interruptions import pass_interruption, suppressing

OWNER = stat.S_IRWXU


def make_directory(directory: Path) -> None:
    """Create a directory and all missing ones above it with mode 0700; an existing one stays as it is.

    Raises:
        OSError: it can't be created, or something else has the name.
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
    """Create a directory with mode 0700.

    Raises:
        OSError: it can't be created, or something already has the name.
    """
    directory.mkdir(mode=OWNER)
    if directory.stat().st_mode & OWNER != OWNER:
        directory.chmod(OWNER)


def set_mode(descriptor: int, mode: int = 0o600) -> None:
    """Set the mode of a new file; on a file system without permissions this has no effect."""
    if sys.platform == "win32" or stat.S_IMODE(os.fstat(descriptor).st_mode) == mode:
        return
    with suppressing(PermissionError):  # vfat raises it for every mode that it can't store
        os.fchmod(descriptor, mode)


MOUNTS = Path("/proc/self/mountinfo")
ESCAPE = re.compile(r"\\([0-7]{3})")  # a blank in a mount point is \040
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keeps_modes(directory: Path) -> bool:
    """Return whether a file in *directory* can be made private; tries it with an empty temporary file.

    If no file can be created there, the ordinary case is assumed: True.
    """
    trial = directory / f".pyvault-{os.urandom(8).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(trial, flags, 0o600)
    except OSError as exc:
        pass_interruption(exc)
        return True
    try:
        set_mode(descriptor)
        return not os.fstat(descriptor).st_mode & OTHERS
    finally:
        os.close(descriptor)
        with suppressing(OSError):
            trial.unlink()


def name_of_file_system(path: Path, mounts: Path = MOUNTS) -> str:
    """Return the type of the file system that *path* is on, e.g. ``vfat``, or ``unknown``."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError as exc:
        pass_interruption(exc)
        return "unknown"
    place, found, longest = os.path.realpath(path), "unknown", -1
    for line in lines:
        left, _, right = line.partition(" - ")
        fields, kind = left.split(" "), right.split(" ")[0]
        if len(fields) < 5 or not kind:
            continue
        point = ESCAPE.sub(lambda code: chr(int(code[1], 8)), fields[4])
        # The last one mounted on the same point is the visible one.
        if len(point) >= longest and (place == point or place.startswith(point.rstrip("/") + "/")):
            found, longest = kind, len(point)
    return found
