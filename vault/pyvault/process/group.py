"""A program and all that it starts, as one process group that doesn't outlive the block which runs it.

A terminal gives Ctrl-C to the group in the foreground, so a program in a group
of its own doesn't hear it: we do, and have to end the program ourselves.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, AnyStr

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from subprocess import Popen


@contextmanager
def running_group(start: Callable[[], Popen[AnyStr]]) -> Generator[Popen[AnyStr]]:
    """Run a program, and kill it with its group if it is still there at the end of the block.

    Args:
        start: starts it, as the leader of a process group.
    """
    deliver = _hold_interrupt()
    try:
        child = start()
    except BaseException:
        deliver()
        raise
    try:
        deliver()
        yield child
    finally:
        _end(child)


def _hold_interrupt() -> Callable[[], None]:
    """Keep a Ctrl-C back; what is given delivers it, and lets later ones through.

    One that came between the start of a program and the first statement that
    knows of it would leave the program running. A handler holds it and not the
    signal mask, because the program would inherit the mask.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        return lambda: None  # another thread is never interrupted; SIG_IGN is what the program has to inherit
    came = threading.Event()
    signal.signal(signal.SIGINT, lambda _number, _frame: came.set())

    def deliver() -> None:
        signal.signal(signal.SIGINT, before)
        if came.is_set():
            signal.raise_signal(signal.SIGINT)

    return deliver


def _end(child: Popen[AnyStr]) -> None:
    if child.poll() is None:
        if sys.platform == "win32":
            child.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):  # what it was given and has not read
                pipe.close()
    child.wait()
