"""Pass signals on to a program that is our child."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

#: A terminal sends these to the program too, so passing them on would double them.
_FROM_TERMINAL = ("SIGINT", "SIGQUIT", "SIGHUP", "SIGBREAK")
_FROM_PROCESSES = ("SIGTERM", "SIGUSR1", "SIGUSR2")


def pass_signals(program: subprocess.Popen[bytes]) -> None:
    """Pass each signal on, unless the terminal sends it to the program too."""

    def send(number: int, _frame: object) -> None:
        program.send_signal(number)  # does nothing once the program has ended

    interactive = _is_foreground()
    for name in _FROM_TERMINAL + _FROM_PROCESSES:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_IGN if interactive and name in _FROM_TERMINAL else send)


def _is_foreground() -> bool:
    """Return whether the terminal sends its signals to our process group, and so to the program."""
    if sys.platform == "win32":
        return True  # a console does to all its processes
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
