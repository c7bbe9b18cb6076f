"""A secret that a program gives us on stdin."""

from __future__ import annotations

import sys

from pyvault.errors import PyvaultError
from pyvault.secret import Secret


def read_piped(what: str, limit: int) -> Secret[str]:
    """Read stdin.

    Args:
        what: is expected there, for errors.
        limit: the most characters to read.

    Raises:
        PyvaultError: stdin is closed, or holds no text.
    """
    stream = sys.stdin
    if stream is None:  # pyright: ignore[reportUnnecessaryComparison] - None if descriptor 0 was closed at the start
        raise PyvaultError(f"there is no {what} on stdin: it is closed")
    try:
        return Secret(stream.read(limit))
    except UnicodeDecodeError:  # it keeps the bytes
        raise PyvaultError(f"there is no {what} on stdin: it is not text") from None
