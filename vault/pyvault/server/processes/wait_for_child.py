"""Wait for a child that may prompt at the terminal, and let it restore that before we end or stop (POSIX).

A shell takes the terminal back as soon as the process that it started has ended
or stopped. That is us, and the child may have changed the terminal's modes.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from pyvault.process.held_terminal import ENDING

if TYPE_CHECKING:
    from collections.abc import Generator

STOP_SECONDS: Final = 0.3  # in which a child stops that got Ctrl-Z from the terminal, as we did
PR_SET_PDEATHSIG: Final = 1  # prctl(2)


@contextmanager
def signals_to_child_first(child: int) -> Generator[None]:
    """Let a signal to us end or stop the child first, inside the ``with``."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers: dict[signal.Signals, Any] = {}

    def release() -> None:
        while handlers:
            signal.signal(*handlers.popitem())

    def end(number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        release()
        os.kill(os.getpid(), number)

    def stop(_number: int, _frame: object) -> None:
        _stop_first(child)
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)  # returns when we are continued
        signal.signal(signal.SIGTSTP, handler)

    for number, handler in (dict.fromkeys(ENDING, end) | {signal.SIGTSTP: stop}).items():
        if signal.getsignal(number) not in {signal.SIG_IGN, None}:
            handlers[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        release()


def end_with_parent(parent: int) -> None:
    """Have this process ended when its parent is, even by SIGKILL (Linux)."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it has ended before
        os.kill(os.getpid(), signal.SIGTERM)


def _stop_first(child: int) -> None:
    until = time.monotonic() + STOP_SECONDS
    with suppress(ChildProcessError):
        while os.waitid(os.P_PID, child, os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is None:
            if time.monotonic() > until:  # the signal was for us alone
                os.kill(child, signal.SIGTSTP)
                os.waitid(os.P_PID, child, os.WEXITED | os.WSTOPPED | os.WNOWAIT)
                return
            time.sleep(0.01)
