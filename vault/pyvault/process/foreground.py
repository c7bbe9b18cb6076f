"""Be the program in a terminal's foreground, as only that one may read there (POSIX).

A job in the background waits, stopped, until its shell brings it to the front.
A credential server has no shell that knows of it: it borrows the terminal, but
only from the program that it serves and from what that one started. That program
is not stopped; if it reads at this moment, the terminal stops it, and it is
continued when it has the terminal again.

Source: tcsetpgrp(3), credentials(7); the GNU C Library manual, "Job Control".
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pyvault.errors import InputRequiredError
from pyvault.process.group import is_below

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_served = 0  # the program that this process serves from the background


class NoForegroundError(InputRequiredError):
    """The terminal belongs to another program, which does not give it away."""


def serve_program(program: int) -> None:
    """Let this process, and what it forks, borrow the terminal of a program that it serves."""
    global _served  # noqa: PLW0603 - what a process is for is known to all of it
    _served = program


def job() -> int:
    """Return the process group whose turn at the terminal is ours."""
    if _served:
        with suppress(ProcessLookupError):
            return os.getpgid(_served)
    return os.getpgrp()


def come_to_front(terminal: int, waits: Callable[[], None]) -> int:
    """Return when we are in the foreground: at once, borrowed, or brought there by the shell.

    Args:
        terminal: a descriptor of it.
        waits: called before this process stops.

    Returns:
        The group that the terminal is borrowed from; 0 for none.

    Raises:
        NoForegroundError: nobody can bring us there.
    """
    told = False
    while (owner := os.tcgetpgrp(terminal)) != os.getpgrp():
        if _served:
            if owner != job() and not is_below(owner, _served):
                raise NoForegroundError("the terminal belongs to another program at the moment")
            with unstoppable():
                os.tcsetpgrp(terminal, os.getpgrp())
            return owner
        if not told:
            told = True
            waits()
        if not _stopped():
            raise NoForegroundError("the terminal belongs to another program, and no shell can bring pyvault there")
    return 0


def give_back(terminal: int, lender: int) -> None:
    """Return the terminal to whom it was borrowed from, if it is still ours."""
    if lender and os.tcgetpgrp(terminal) == os.getpgrp():
        with suppress(OSError):  # it has ended meanwhile
            os.tcsetpgrp(terminal, lender)
            os.killpg(lender, signal.SIGCONT)


@contextmanager
def unstoppable() -> Generator[None]:
    """Change a terminal from the background, too, inside the ``with``."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTTOU, before)


def _stopped() -> bool:
    """Stop as a job that reads from the background does; return whether it did, which a group without a shell can't."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTTIN) == signal.SIG_IGN  # our parent's wish
    ):
        return False
    continued = threading.Event()
    before = signal.signal(signal.SIGCONT, lambda _number, _frame: continued.set())
    try:
        os.killpg(os.getpgrp(), signal.SIGTTIN)
        return continued.wait(0.2)  # other threads may be the ones that the signal meets
    finally:
        signal.signal(signal.SIGCONT, before)
