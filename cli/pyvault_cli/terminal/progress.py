"""Wait, and show a person reason.

Only a terminal that may be drawn upon gets the running seconds. Another one (NO_COLOR, TERM=dumb) gets
one plain line, and what is no terminal nothing.
"""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING

from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from types import TracebackType

    Sleep = Callable[[float], None]

CLEAR = "\r\x1b[K"


class Line:
    """A line that changes while something is waited for; it is gone afterwards, also after Ctrl-C."""

    def __init__(self, reason: str) -> None:
        self._reason = reason
        self._drawn = output.wants_colour()
        self._noted = self._drawn or not (sys.stderr and sys.stderr.isatty())

    def show(self, seconds: str) -> None:
        """Show the reason and the seconds."""
        if not self._noted:
            self._noted = True
            output.note(self._reason)
        self._draw(f"{CLEAR}{self._reason}: {seconds} ")

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._draw(CLEAR)

    def _draw(self, text: str) -> None:
        if self._drawn:
            sys.stderr.write(text)
            sys.stderr.flush()


def wait_for_next_code(left: timedelta, *, sleep: Sleep = time.sleep) -> None:
    """Wait until a device shows its next code: the present one was sent already."""
    seconds = float(int(left.total_seconds()) + 1)
    line = Line("this MFA code was used already; waiting for the next one")
    with line:
        while seconds > 0:
            line.show(f"{math.ceil(seconds)} s")
            sleep(min(1.0, seconds))
            seconds -= 1


class CountUp:
    """Waits again and again for the same thing, whose end nobody knows; a person sees one wait that grows."""

    def __init__(self, reason: str, *, sleep: Sleep = time.sleep) -> None:
        self._line = Line(reason)
        self._sleep = sleep
        self._waited = 0.0

    def __call__(self, duration: timedelta) -> None:
        """Wait once more."""
        end = self._waited + duration.total_seconds()
        with self._line:
            while self._waited < end:
                self._line.show(f"{int(self._waited)} s")
                step = min(1.0, end - self._waited)
                self._sleep(step)
                self._waited += step
