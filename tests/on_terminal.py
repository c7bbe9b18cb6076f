"""Run a program with a terminal of its own: ``on_terminal.py TTY PROGRAM WORDS...``.

Takes the named pseudo-terminal as the controlling one, whatever stdin, stdout
and stderr are, as a person's shell does. ``-`` for TTY gives it none at all.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    tty, *command = sys.argv[1:]
    os.setsid()
    if tty != "-":
        # The first terminal that a session's leader opens becomes its controlling one.
        os.close(os.open(tty, os.O_RDWR))
    os.execvp(command[0], command)  # noqa: S606 - no shell is the point
