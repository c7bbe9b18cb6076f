"""Do something between any two steps of a work that could touch the disk.

A profile function is called before each call of a built-in function, so the
code under test runs as it is, without a door for tests. It needs no luck: what
two processes do at once here happens at every possible moment.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

TOUCHING = {"posix", "fcntl", "io", "_io"}


@contextmanager
def meanwhile(action: Callable[[], None]) -> Generator[None]:
    """Do the action before each step inside the ``with``."""

    def profile(frame: FrameType, event: str, function: object) -> None:
        if event == "c_call" and _touches_the_disk(function):
            action()

    sys.setprofile(profile)  # it is not called for what the action itself does
    try:
        yield
    finally:
        sys.setprofile(None)


def _touches_the_disk(function: object) -> bool:
    owner = type(getattr(function, "__self__", None)).__module__  # of a method: that of its file
    return getattr(function, "__module__", None) in TOUCHING or owner in TOUCHING


@contextmanager
def at_moment(number: int, action: Callable[[], None]) -> Generator[list[int]]:
    """Do the action at one of the moments alone; the list stays empty if the work has fewer of them."""
    moments = itertools.count(1)
    reached: list[int] = []

    def once() -> None:
        if next(moments) == number:
            reached.append(number)
            action()

    with meanwhile(once):
        yield reached


@contextmanager
def watch_modes(folder: Path) -> Generator[set[tuple[Path, int]]]:
    """Give the folder, what comes to be in it, and every mode that each of them has meanwhile."""
    seen: set[tuple[Path, int]] = set()

    def look() -> None:
        with suppress(FileNotFoundError):
            for path in (folder, *folder.iterdir()):
                seen.add((path, os.lstat(path).st_mode & 0o777))

    with meanwhile(look):
        yield seen
    look()
