"""When a profile was last used: the picker shows the latest first.

One empty file per profile, whose modification time is the moment: no lock, no
lost update, nothing to repair. The names are hashed because profile names may
hold what file names can't; they are no secret.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING

from pyvault.clock import from_epoch
from pyvault.errors import PyvaultError
from pyvault.files.private import open_private_file
from pyvault.interruptions import pass_interruption, suppressing

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class RecentUse:
    """The times of last use, in their own directory."""

    def __init__(self, directory: Path) -> None:
        """Set the directory; it is made by the first :meth:`note`."""
        self._directory = directory

    def note(self, profile: str, at: datetime) -> None:
        """Record a use. A state directory that can't be written to must not stop a command."""
        with suppressing(OSError):
            if not self._directory.is_dir():
                from pyvault.files.modes import make_directory

                make_directory(self._directory)
            with contextlib.suppress(PyvaultError):  # a file of another user is left alone
                self._touch(profile, at)

    def last(self, profile: str) -> datetime | None:
        """Return when a profile was last used; None for never."""
        try:
            return from_epoch(self.path(profile).lstat().st_mtime)
        except OSError as exc:
            pass_interruption(exc)
            return None

    def _touch(self, profile: str, at: datetime) -> None:
        path = self.path(profile)
        descriptor = open_private_file(path, os.O_WRONLY | os.O_CREAT, what=f"'{path}'")
        try:
            os.utime(descriptor if os.utime in os.supports_fd else path, (at.timestamp(), at.timestamp()))
        finally:
            os.close(descriptor)

    def path(self, profile: str) -> Path:
        """Return the file of a profile."""
        return self._directory / hashlib.sha256(profile.encode()).hexdigest()[:32]
