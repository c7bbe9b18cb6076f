"""A program that doesn't outlive the block which runs it: alone, or with all that it starts.

A terminal gives Ctrl-C to the group in the foreground. A program in a group of
its own doesn't hear it: we do, and have to end the program ourselves. One that
talks to a person has to stay in our group, and hears it as we do.
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

GRACE = 1.0  # seconds in which a program that hears Ctrl-C may put the terminal in order


@contextmanager
def running_group(start: Callable[[], Popen[AnyStr]]) -> Generator[Popen[AnyStr]]:
    """Run a program, and kill it with its group if it is still there at the end of the block.

    Args:
        start: starts it, as the leader of a process group.
    """
    with _running(start, _end_group) as child:
        yield child


@contextmanager
def running_beside_us(
    start: Callable[[], Popen[AnyStr]], *, end_others: Callable[[int], None] = lambda _: None
) -> Generator[Popen[AnyStr]]:
    """Run a program in our own group, and kill it if it is still there at the end of the block.

    After Ctrl-C, which it hears too, it gets a moment to end by itself.

    Args:
        start: starts it; its pipes stay open, they are the caller's.
        end_others: ends what it has started, given its number; called if nobody has seen its end by then.
    """

    def end(child: Popen[AnyStr]) -> None:
        if child.returncode is None:
            end_others(child.pid)
        _end_alone(child)

    with _running(start, end) as child:
        try:
            yield child
        except KeyboardInterrupt:
            from subprocess import TimeoutExpired

            with suppress(TimeoutExpired):
                child.wait(GRACE)
            raise


@contextmanager
def _running(start: Callable[[], Popen[AnyStr]], end: Callable[[Popen[AnyStr]], None]) -> Generator[Popen[AnyStr]]:
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
        end(child)


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
    try:
        signal.signal(signal.SIGINT, lambda _number, _frame: came.set())
    except ValueError:  # a subinterpreter, which is never interrupted either
        return lambda: None

    def deliver() -> None:
        signal.signal(signal.SIGINT, before)
        if came.is_set():
            signal.raise_signal(signal.SIGINT)

    return deliver


def _end_alone(child: Popen[AnyStr]) -> None:
    child.kill()  # nothing, if it has ended
    child.wait()


def _end_group(child: Popen[AnyStr]) -> None:
    if child.returncode is None:  # as was known: a leader that has ended still names its group until it is reaped
        if sys.platform == "win32":
            child.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with suppress(OSError):  # what it was given and has not read; EINVAL on Windows
                pipe.close()
    child.wait()
