"""What was cleared stays cleared: a session file of before is not used again on this machine.

Each clearing has a number that grows. The file has it in its encrypted index, the
state directory remembers it, and a file with a lower one, put back from a copy,
is as good as none. Nothing is written while sessions are kept or used.

It is the time in seconds where it can be, so that a file which can't be opened
when it is removed, and came from another machine, has a lower one too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import WriteFailedError
from pyvault.files.atomic import replace_file
from pyvault.files.modes import make_directory
from pyvault.interruptions import pass_interruption

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


def next_clearing(known: int, in_file: int, at: datetime) -> int:
    """Return the number of a clearing at this time."""
    return max(known + 1, in_file + 1, int(at.timestamp()))


def remember_clearing(memory: Path, number: int) -> None:
    """Remember the number of a clearing.

    Raises:
        WriteFailedError: an old session file, put back, would be used.
    """
    try:
        make_directory(memory.parent)
        replace_file(memory, f"{number}\n".encode())
    except (OSError, WriteFailedError) as exc:
        pass_interruption(exc)
        reason = exc.message if isinstance(exc, WriteFailedError) else exc.strerror
        raise WriteFailedError(
            f"the sessions are cleared, but that can't be remembered, so an old session file would be used: {reason}"
        ) from exc
