"""Borrow the terminal from the program that has it, to ask a person something (POSIX).

A process outside the foreground can't read from the terminal. The program that
has it is not stopped; if it reads at this moment, the terminal stops it, and it
is continued when it has the terminal again.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextlib.contextmanager
def foreground(terminal: int) -> Generator[None]:
    """Be the foreground of the terminal inside the ``with``; no effect where it is ours already.

    Raises:
        OSError: the terminal is not that of our session.
    """
    owner = os.tcgetpgrp(terminal)
    if owner == os.getpgrp():
        yield
        return
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # a change from the background would stop us
    try:
        os.tcsetpgrp(terminal, os.getpgrp())
        yield
    finally:
        with contextlib.suppress(OSError):  # it has ended meanwhile
            os.tcsetpgrp(terminal, owner)
            os.killpg(owner, signal.SIGCONT)
        signal.signal(signal.SIGTTOU, before)
