"""Retrying what Windows refuses only for a moment.

There a file that somebody has open can't be replaced, and one that is being replaced
can't be opened. Elsewhere processes keep the old file that they have open, and nothing
is tried twice.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LIMIT = 5.0  # seconds; virus scanners and indexers hold files open for up to two, on a busy machine longer
PAUSE = 0.01  # short: somebody who reads again and again leaves only short gaps


def retry_while_in_use(act: Callable[[], T]) -> T:
    """Return the result of *act*, which is retried for a moment while Windows says that a file is in use.

    Raises:
        PermissionError: it is still in use, or the error has another reason.
    """
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            return act()
        except PermissionError:
            if os.name != "nt" or time.monotonic() >= deadline:
                raise
            time.sleep(PAUSE)
