"""Wait for the next MFA code, with a countdown where a person sees it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta


def wait_for_next_code(left: timedelta, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait until a device shows its next code: the present one was sent already."""
    seconds = int(left.total_seconds()) + 1
    screen = sys.stderr if sys.stderr and sys.stderr.isatty() else None
    for remaining in range(seconds, 0, -1):
        if screen:
            screen.write(f"\rthis MFA code was used already; the next one comes in {remaining} s ")
            screen.flush()
        sleep(1)
    if screen:
        screen.write("\r\x1b[K")  # the line has said what it had to
        screen.flush()
