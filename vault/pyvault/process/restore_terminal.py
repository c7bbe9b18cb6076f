"""Lend the controlling terminal to a program that may turn its echo off and be killed before it turns it on.

A signal that ends us ends that program first: it is killed at the end of the block.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def restored_terminal() -> Generator[IO[bytes] | None]:
    """Open the controlling terminal, if this process has one, and restore it when the block fails."""
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
    import signal
    import termios
    import threading

    from pyvault.process.foreground import unstoppable
    from pyvault.process.held_terminal import ENDING

    class _EndedBySignalError(BaseException):
        """A signal came that ends us, once the program has ended and the terminal is restored."""

        def __init__(self, number: int) -> None:
            self.number = number

    @contextmanager
    def _restored(terminal: int) -> Generator[None]:
        try:
            before = termios.tcgetattr(terminal)
        except termios.error:  # it has hung up already
            yield
            return
        try:
            with _ending_signals_raised():
                yield
        except BaseException as exc:
            with suppress(OSError, termios.error), unstoppable():  # it hung up
                if os.tcgetpgrp(terminal) == os.getpgrp():  # else another program has set its modes
                    termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
            if isinstance(exc, _EndedBySignalError):
                os.kill(os.getpid(), exc.number)
                raise KeyboardInterrupt from None  # another handler took the signal; the program has ended all the same
            raise

    @contextmanager
    def _ending_signals_raised() -> Generator[None]:
        def end(number: int, _frame: object) -> None:
            raise _EndedBySignalError(number)

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        usual = {number: signal.getsignal(number) for number in ENDING}
        caught = [number for number, handler in usual.items() if handler not in {signal.SIG_IGN, None}]
        for number in caught:
            signal.signal(number, end)
        try:
            yield
        finally:
            for number in caught:
                signal.signal(number, usual[number])
