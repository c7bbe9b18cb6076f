"""What Windows refuses for a moment only.

A file that somebody has open can't be replaced there, and one that is being
replaced can't be opened; both pass. Elsewhere the old file simply stays with
those who have it open, and nothing is ever tried twice.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LIMIT = 2.0  # seconds; virus scanners and indexers hold files open that long
PAUSE = 0.05


def retry_while_in_use(act: Callable[[], T]) -> T:
    """Do something with a file, again and again for a moment while Windows says that it is in use.

    Raises:
        PermissionError: it still is, or it is a refusal of another kind.
    """
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            return act()
        except PermissionError:
            if os.name != "nt" or time.monotonic() >= deadline:
                raise
            time.sleep(PAUSE)
