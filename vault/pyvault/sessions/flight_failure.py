"""How a leader's failure reaches the processes that waited for it.

A small file beside the lock. A mark tells a failure that happened during the
wait from an old one. Records that nobody can be waiting for any more go when
the next one is left.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from math import inf
from typing import TYPE_CHECKING, NoReturn

from pyvault import clock
from pyvault.errors import WriteFailedError
from pyvault.files.atomic import PENDING_MARK, PendingFile
from pyvault.files.reading import read_file
from pyvault.interruptions import pass_interruption, suppressing
from pyvault.json_reader import UnreadableError, read_object
from pyvault.sessions.session_codec import describe, rebuild

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".failed"
MAX_RECORD = 16 * 1024  # bytes
LIFE = 24 * 3600  # seconds, longer than any wait


def mark(record: Path) -> str | None:
    """Return what tells this failure from every other one; None if there is none."""
    return _read(record).get("mark")


def leave(record: Path, failure: Exception) -> None:
    """Write down what went wrong. A disk that refuses is no second failure."""
    import json

    content = {"mark": secrets.token_hex(16), **describe(failure)}
    with contextlib.suppress(WriteFailedError), PendingFile(record, durable=False) as pending:
        pending.write(json.dumps(content).encode())
        pending.commit()
        _sweep(record.parent)


def clear(record: Path) -> None:
    """Forget the failure."""
    with suppressing(OSError):
        record.unlink(missing_ok=True)


def reraise(record: Path) -> NoReturn:
    """Raise the failure as if it had happened here.

    Raises:
        PyvaultError: of the leader's type where it is one of ours.
    """
    raise rebuild(_read(record))


def _sweep(directory: Path) -> None:
    """Remove old records, and what killed writers left of one: their keys may never come again."""
    forget_all(directory, before=clock.now().timestamp() - LIFE)


def forget_all(directory: Path, *, before: float = inf) -> None:
    """Remove the records in a directory, and what killed writers left of one.

    Args:
        directory: where they are; need not exist.
        before: in seconds since 1970; what was left later stays.
    """
    with suppressing(OSError):
        for entry in list(os.scandir(directory)):
            if entry.name.endswith(SUFFIX) or f"{SUFFIX}{PENDING_MARK}" in entry.name:
                with suppressing(OSError):  # another process sweeps too
                    if entry.stat(follow_symlinks=False).st_mtime < before:
                        os.unlink(entry.path)  # noqa: PTH108 - scandir gives text


def _read(record: Path) -> dict[str, str]:
    """Read a failure; what can't be read is none, as the record is only a cache."""
    try:
        fields = read_object(read_file(record, MAX_RECORD), limit=MAX_RECORD)
        return {name: text for name in fields.names() if (text := fields.optional_text(name))}
    except (OSError, UnreadableError) as exc:
        pass_interruption(exc)
        return {}
