"""Hold the terminal while a prompt is open, and restore it however that ends (POSIX).

A prompt changes the terminal's modes, and may have borrowed its foreground. Both are
restored before a signal ends this process or stops it, and set again when it is
continued. What was typed and not read is discarded: it may be part of a secret, and
the shell would take it for a command. Nothing helps against SIGKILL, so a secret is
read at once, key by key, and never waits in the terminal's queue.

Source: termios(3), tcsetpgrp(3), signal(7).
"""

from __future__ import annotations

import os
import signal
import termios
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pyvault.process import foreground

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ENDING: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
Modes: TypeAlias = list[Any]  # of tcgetattr: four flags, two speeds, the control characters


class HeldTerminal:
    """The terminal between a prompt and its answer.

    Args:
        terminal: its descriptor.
        change: returns the modes that the prompt needs.
        waits: called before this process stops until it is in the foreground.
    """

    def __init__(self, terminal: int, change: Callable[[Modes], Modes], *, waits: Callable[[], None]) -> None:
        self._terminal = terminal
        self._change = change
        self._waits = waits
        self._handlers: dict[signal.Signals, Any] = {}
        self.again: Callable[[], None] = lambda: None  # shows the prompt again
        self.answered = False  # what is typed from now on is not for us, and is kept

    @contextmanager
    def held(self) -> Generator[None]:
        """Be in the foreground with the modes of the prompt inside the ``with``.

        Raises:
            NoForegroundError: the terminal belongs to another program.
        """
        self._lender = foreground.come_to_front(self._terminal, self._waits)
        self._before = termios.tcgetattr(self._terminal)
        self._modes = self._change([*self._before[:6], [*self._before[6]]])
        self._catch()
        try:
            self._set()
            yield
        finally:
            self._restore(flush=not self.answered)
            self._release()

    def _set(self) -> None:
        # TCSAFLUSH discards what was typed ahead: it was meant for something else.
        termios.tcsetattr(self._terminal, termios.TCSAFLUSH, self._modes)

    def _restore(self, *, flush: bool = True) -> None:
        with suppress(OSError, termios.error), foreground.unstoppable():  # it hung up
            if os.tcgetpgrp(self._terminal) == os.getpgrp() or termios.tcgetattr(self._terminal) == self._modes:
                when = termios.TCSAFLUSH if flush else termios.TCSADRAIN
                termios.tcsetattr(self._terminal, when, self._before)
            foreground.give_back(self._terminal, self._lender)

    def _catch(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # another thread is never interrupted, and can't set handlers
        handlers = dict.fromkeys(ENDING, self._end) | {signal.SIGTSTP: self._stop, signal.SIGCONT: self._continue}
        for number, handler in handlers.items():
            if signal.getsignal(number) not in {signal.SIG_IGN, None}:  # nohup means it
                self._handlers[number] = signal.signal(number, handler)

    def _release(self) -> None:
        while self._handlers:
            signal.signal(*self._handlers.popitem())

    def _end(self, number: int, _frame: object) -> None:
        self._restore()
        self._release()
        if number == signal.SIGQUIT:
            from pyvault.process.own_secrets import close_memory

            close_memory()  # what was typed must not be in a core file
        os.kill(os.getpid(), number)
        raise KeyboardInterrupt  # another handler took the signal; the prompt has ended all the same

    def _stop(self, _number: int, _frame: object) -> None:
        with suppress(OSError, termios.error):
            self._modes = termios.tcgetattr(self._terminal)
        self._restore()
        on_stop = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTSTP, signal.SIGCONT)}
        os.kill(os.getpid(), signal.SIGTSTP)  # returns when we are continued
        for number, handler in on_stop.items():
            signal.signal(number, handler)
        self._continue(0, None)

    def _continue(self, _number: int, _frame: object) -> None:
        self._lender = foreground.come_to_front(self._terminal, self._waits) or self._lender
        self._set()
        self.again()
