"""Run a program that doesn't outlive its block: alone, or with all that it starts."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, AnyStr, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from signal import signal as set_handler
    from subprocess import Popen
    from types import FrameType
else:
    from _signal import signal as set_handler  # the one of C


class Process(NamedTuple):
    """The relations of a process, by number."""

    parent: int
    group: int


def is_below(group: int, program: int) -> bool:
    """Return whether a process of the group is the program, or descends from it."""
    return in_family(group, program, list_processes())


def in_family(group: int, program: int, processes: Mapping[int, Process]) -> bool:
    """Return the same, from a list of all processes."""
    for member in [pid for pid, process in processes.items() if process.group == group]:
        seen, each = set[int](), member
        while each in processes and each not in seen:
            if each == program:
                return True
            seen.add(each)
            each = processes[each].parent
    return False


def descendants(program: int, *, of: int, processes: Mapping[int, Process]) -> set[int]:
    """Return a program and all its descendants, from a list of all processes.

    Args:
        program: its number; if it is not a child of *of*, another process has it by now.
        of: the process that started it.
        processes: by their numbers.
    """
    if program not in processes or processes[program].parent != of:
        return set()
    below, found = set[int](), {program}
    while found:
        below |= found
        found = {pid for pid, process in processes.items() if process.parent in found} - below
    return below


def list_processes() -> dict[int, Process]:
    """Return all visible processes of this machine."""
    return dict(_processes())


def _processes() -> Iterator[tuple[int, Process]]:
    return _of_proc() if os.path.exists("/proc/self/stat") else list_by_ps()  # noqa: PTH110 - as light as can be


def list_by_ps() -> Iterator[tuple[int, Process]]:
    """Yield the same where there is no ``/proc`` as Linux has it: macOS and the BSDs. Source: ps(1), POSIX."""
    import subprocess

    with suppress(OSError):  # a system without it shows none
        listed = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid=,pgid="], capture_output=True, check=False).stdout
        for line in listed.splitlines():
            pid, parent, group = map(int, line.split())
            yield pid, Process(parent, group)


def _of_proc() -> Iterator[tuple[int, Process]]:
    """Read them from ``/proc``. Source: proc(5), /proc/PID/stat, fields 4 and 5."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - as light as can be
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - it may have ended
                _state, parent, group = file.read().rpartition(b")")[2].split()[:3]
                yield int(name), Process(int(parent), int(group))


VARIABLE: Final = "PYVAULT_PROCESS_MARK"
ROUNDS: Final = 10  # some may start others meanwhile
LINUX: Final = sys.platform == "linux"


class Mark:
    """A mark in the environment of one command and of all that it starts."""

    def __init__(self) -> None:
        """Choose a mark that no other command has."""
        self._word = os.urandom(8).hex()

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what to add to the command's environment; the marks of commands above us stay in it."""
        return {VARIABLE: f"{environ.get(VARIABLE, '')} {self._word}".strip()}

    def end_all(
        self,
        command: int,
        *,
        processes: Callable[[], Mapping[int, Process]] = list_processes,
        marks: bool = LINUX,
    ) -> None:
        """Kill a command and every process of our session that it has started.

        They are stopped first, so that none can start another one unseen.

        Args:
            command: its number; it is our child until it was waited for.
            processes: returns all processes.
            marks: whether the environment of a process can be read.
        """
        if sys.platform == "win32":
            return
        stopped = set[int]()
        for _ in range(ROUNDS):
            found = descendants(command, of=os.getpid(), processes=processes())
            found = {process for process in found if _is_of_our_session(process)}
            if marks:
                found |= set(self._find_marked())
            if found <= stopped:
                break
            for process in found - stopped:
                _send(process, signal.SIGSTOP)
            stopped |= found
        for process in stopped:
            _send(process, signal.SIGKILL)

    def _find_marked(self) -> Iterator[int]:
        word = self._word.encode()
        for name in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - numbers, not paths
            with suppress(OSError):  # it has ended, or is another user's
                if _is_of_our_session(int(name)) and word in _environment(name):
                    yield int(name)


def _is_of_our_session(process: int) -> bool:
    try:
        return os.getsid(process) == os.getsid(0)
    except OSError:  # it has ended, or the system hides it
        return False


def _send(process: int, number: int) -> None:
    with suppress(OSError):  # it has ended, or is another user's
        os.kill(process, number)


def _environment(process: str) -> bytes:
    with open(f"/proc/{process}/environ", "rb") as file:  # noqa: PTH123 - as above
        return file.read()


GRACE = 1.0  # seconds in which a program may restore the terminal after Ctrl-C


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

    After Ctrl-C, which it gets too, it has a moment to end by itself.

    Args:
        start: starts it; closing its pipes is left to the caller.
        end_others: gets its number and ends what it has started; called if its end was not seen by then.
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
    """Run a program; Ctrl-C is held back while it starts.

    Between the start of a program and the first statement that knows of it, Ctrl-C
    would leave the program running. A handler holds it and not the signal mask, which
    the program would inherit.
    """
    child, came, handler = None, threading.Event(), _interrupt_handler()
    try:
        try:
            if handler is not None:
                set_handler(signal.SIGINT, lambda _number, _frame: came.set())
            child = start()
        finally:  # by a call of C at once: another signal's handler may raise after any call, and Ctrl-C would be lost
            if handler is not None:
                set_handler(signal.SIGINT, handler)
            if came.is_set():
                signal.raise_signal(signal.SIGINT)
        yield child
    finally:
        if child is not None:
            end(child)


def _interrupt_handler() -> Callable[[int, FrameType | None], Any] | None:
    """Return what handles Ctrl-C in this thread; None if nothing does, or if a program has to inherit SIG_IGN."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        return None
    try:
        set_handler(signal.SIGINT, handler)
    except ValueError:  # a subinterpreter
        return None
    return handler


def _end_alone(child: Popen[AnyStr]) -> None:
    child.kill()  # does nothing if it has ended
    child.wait()


def _end_group(child: Popen[AnyStr]) -> None:
    if child.returncode is None:  # a leader that has ended keeps its group's number until it is reaped
        if sys.platform == "win32":
            child.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            # It may not have read its input; EINVAL on Windows. A greenlet of gevent's may be reading still.
            with suppress(OSError, RuntimeError):
                pipe.close()
    child.wait()
