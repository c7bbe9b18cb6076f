"""Wait, with a countdown where a person sees it."""

from __future__ import annotations

import math
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_for_next_code(left: timedelta, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait until a device shows its next code: the present one was sent already."""
    whole = timedelta(seconds=int(left.total_seconds()) + 1)
    count_down(whole, "this MFA code was used already; the next one comes in", sleep=sleep)


def count_down(left: timedelta, why: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Sleep; a terminal shows *why* and the whole seconds that are left, and is clean afterwards."""
    screen = sys.stderr if sys.stderr and sys.stderr.isatty() else None
    seconds = left.total_seconds()
    while seconds > 0:
        if screen:
            screen.write(f"\r\x1b[K{why} {math.ceil(seconds)} s ")
            screen.flush()
        sleep(min(1.0, seconds))
        seconds -= 1
    if screen:
        screen.write("\r\x1b[K")  # the line has said what it had to
        screen.flush()
