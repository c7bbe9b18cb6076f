"""Come to the foreground of a terminal, where alone a program may read (POSIX).

A job in the background waits, stopped, until its shell brings it to the foreground.
No shell knows of a credential server: it borrows the terminal, but only from the
program that it serves and from what that program started. The program is not
stopped; if it reads meanwhile, the terminal stops it, and it is continued when it
has the terminal again.

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
    """The terminal belongs to another program."""


def serve_program(program: int) -> None:
    """Let this process, and what it forks, borrow the terminal of a program that it serves."""
    global _served  # noqa: PLW0603 - a process serves one program
    _served = program


def job() -> int:
    """Return the process group that we take the terminal for: the served program's, or our own."""
    if _served:
        with suppress(ProcessLookupError):
            return os.getpgid(_served)
    return os.getpgrp()


def come_to_front(terminal: int, waits: Callable[[], None]) -> int:
    """Come to the foreground: at once, by borrowing it, or when the shell brings us there.

    Args:
        terminal: its descriptor.
        waits: called before this process stops.

    Returns:
        The group that the terminal is borrowed from; 0 for none.

    Raises:
        NoForegroundError: nobody can bring us there.
    """
    has_told = False
    while (owner := os.tcgetpgrp(terminal)) != os.getpgrp():
        if _served:
            if owner != job() and not is_below(owner, _served):
                raise NoForegroundError("another program is using the terminal")
            with unstoppable():
                os.tcsetpgrp(terminal, os.getpgrp())
            return owner
        if not has_told:
            has_told = True
            waits()
        if not _stopped():
            raise NoForegroundError(
                "another program is using the terminal, and no shell can bring pyvault to the foreground"
            )
    return 0


def give_back(terminal: int, lender: int) -> None:
    """Return the terminal to the lender, if it is still ours."""
    if lender and os.tcgetpgrp(terminal) == os.getpgrp():
        with suppress(OSError):  # it has ended meanwhile
            os.tcsetpgrp(terminal, lender)
            os.killpg(lender, signal.SIGCONT)


@contextmanager
def unstoppable() -> Generator[None]:
    """Allow changes of the terminal from the background inside the ``with``."""
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
        or signal.getsignal(signal.SIGTTIN) == signal.SIG_IGN  # as our parent wants
    ):
        return False
    continued = threading.Event()
    before = signal.signal(signal.SIGCONT, lambda _number, _frame: continued.set())
    try:
        os.killpg(os.getpgrp(), signal.SIGTTIN)
        return continued.wait(0.2)  # another thread may be the one that gets the signal
    finally:
        signal.signal(signal.SIGCONT, before)
