"""Time that moves for a program under test: libfaketime gives it another clock, the program knows nothing of it.

Only the time of day moves. Timers and time limits follow the machine's own.
"""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path


class MovedTime:
    """The clock of programs that are started with :attr:`environ`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = 0.0
        self._write(self._ahead)
        preload = subprocess.run(
            ["faketime", "-f", "+0s", "sh", "-c", "echo $LD_PRELOAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        self.environ: dict[str, str | None] = {
            "LD_PRELOAD": preload,
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",  # look at the file each time
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",  # programs that these start have the same time
        }

    def now(self) -> datetime:
        """Give the time that the programs see."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def move(self, seconds: float) -> None:
        """Move it, for programs that run too."""
        ahead = self._ahead + seconds
        self._write(ahead)
        self._ahead = ahead  # last: who reads the time meanwhile is behind those programs, never ahead of them

    @property
    def ahead(self) -> float:
        """How far it is ahead of the machine's, in seconds."""
        return self._ahead

    def _write(self, ahead: float) -> None:
        # In one piece: a program may be reading.
        fresh = self._file.with_name(f"{self._file.name}.new")
        fresh.write_text(f"{ahead:+.0f}s\n")
        fresh.replace(self._file)
