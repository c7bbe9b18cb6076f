"""The controlling terminal, lent to a program that may turn its echo off and be killed before it is on again."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def own_terminal() -> Generator[IO[bytes] | None]:
    """Open the controlling terminal, if this process has one; it is as before when the block fails."""
    if sys.platform == "win32":
        yield None
        return
    try:
        terminal = open(os.ctermid(), "r+b", buffering=0)  # noqa: PTH123, SIM115 - ctermid is no Path; closed below
    except OSError:
        yield None
        return
    with terminal, _restored(terminal.fileno()):
        yield terminal


if sys.platform != "win32":
    import termios

    @contextmanager
    def _restored(terminal: int) -> Generator[None]:
        try:
            before = termios.tcgetattr(terminal)
        except termios.error:  # it has hung up already
            yield
            return
        try:
            yield
        except BaseException:
            with suppress(OSError, termios.error):  # it hung up
                if os.tcgetpgrp(terminal) == os.getpgrp():  # from the background this would stop us
                    termios.tcsetattr(terminal, termios.TCSANOW, before)
            raise
