"""Take turns at a terminal: of all processes of one job, one asks at a time (POSIX).

A job is stopped, continued and brought to the foreground as a whole, so those of
another job never wait for one that is stopped. The lock is a byte of one file, at
the place of the job's number; the system gives it up with the process.

Source: fcntl(2), "Advisory record locking".
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError
from pyvault.process import foreground

if TYPE_CHECKING:
    from collections.abc import Generator

NAME = "terminal-turns.lock"


@contextmanager
def turn() -> Generator[None]:
    """Wait until nobody else of our job asks; a place without locks keeps no question back."""
    descriptor = _open()
    if descriptor is None:
        yield
        return
    try:
        with suppress(OSError):
            fcntl.lockf(descriptor, fcntl.LOCK_EX, 1, foreground.job())
        yield
    finally:
        os.close(descriptor)


def _open() -> int | None:
    from pyvault.files.modes import make_directory
    from pyvault.paths import find_paths

    with suppress(OSError, ConfigError):
        paths = find_paths(os.environ)
        directory = paths.runtime or paths.locks
        make_directory(directory)
        return os.open(directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    return None
