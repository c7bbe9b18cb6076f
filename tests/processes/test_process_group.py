"""A program and what it starts end with the block that runs them, whenever Ctrl-C comes."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from opcode import opname
from types import FrameType
from typing import Any, cast

import pytest

from pyvault.process.group import Process, list_by_ps, list_processes, running_beside_us, running_group

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups are those of POSIX")

HANGS = "sleep 300 & echo started; wait"  # a shell that has a program of its own


@dataclass(frozen=True, slots=True)
class Witness:
    """A pipe that every process of the group holds open: its end is the end of them all."""

    reading: int
    writing: int

    def start(self, text: str = HANGS) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            ["/bin/sh", "-c", text], stdout=subprocess.PIPE, pass_fds=[self.writing], process_group=0
        )
        os.close(self.writing)
        assert child.stdout is not None
        assert child.stdout.readline() == b"started\n"
        return child

    def sees_the_end(self, seconds: float = 60) -> bool:
        return bool(select.select([self.reading], [], [], seconds)[0])


@pytest.fixture
def witness() -> Generator[Witness]:
    reading, writing = os.pipe()
    yield Witness(reading, writing)
    os.close(reading)


def test_all_of_it_ends_with_the_block(witness: Witness) -> None:
    with running_group(witness.start):
        assert not witness.sees_the_end(0)
    assert witness.sees_the_end()


def test_what_a_program_has_started_ends_with_the_block_though_it_has_ended_before(witness: Witness) -> None:
    with running_group(lambda: witness.start("sleep 300 & echo started")) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is not reaped
        assert not witness.sees_the_end(0)
    assert witness.sees_the_end()


def test_a_program_that_ends_by_itself_gives_its_code(witness: Witness) -> None:
    with running_group(lambda: witness.start("echo started; exit 3")) as child:
        child.communicate()
    assert child.returncode == 3


def test_ctrl_c_in_the_block_ends_it(witness: Witness) -> None:
    with pytest.raises(KeyboardInterrupt), running_group(witness.start):
        signal.raise_signal(signal.SIGINT)
    assert witness.sees_the_end()


def interrupted(start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Start it, and press Ctrl-C before the caller knows the program."""
    child = start()
    signal.raise_signal(signal.SIGINT)
    return child


def test_ctrl_c_during_the_start_ends_it_and_is_not_lost(witness: Witness) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), running_group(lambda: interrupted(witness.start)):
        pytest.fail("the block is not entered")
    assert witness.sees_the_end()
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_during_a_start_that_fails_is_not_lost() -> None:
    def fail() -> subprocess.Popen[bytes]:
        signal.raise_signal(signal.SIGINT)
        raise FileNotFoundError

    with pytest.raises(KeyboardInterrupt), running_group(fail):
        pytest.fail("the block is not entered")


def test_the_program_inherits_that_ctrl_c_is_ignored(witness: Witness) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with running_group(lambda: witness.start("kill -INT $$; echo started; exit 3")) as child:
            child.communicate()
    finally:
        signal.signal(signal.SIGINT, before)
    assert child.returncode == 3


def test_another_thread_can_run_one(witness: Witness) -> None:
    def run() -> None:
        with running_group(witness.start):
            pass

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert witness.sees_the_end()


def started(text: str) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(["/bin/sh", "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout as said:
        assert said.readline() == b"started\n"
    return child


def test_a_program_in_our_group_is_ended_by_a_ctrl_c_during_its_start() -> None:
    children: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        children.append(started("echo started; exec sleep 300"))
        signal.raise_signal(signal.SIGINT)
        return children[0]

    with pytest.raises(KeyboardInterrupt), running_beside_us(start):
        pytest.fail("the block is not entered")
    assert children[0].returncode == -signal.SIGKILL
    children[0].communicate()


def heard(child: subprocess.Popen[bytes]) -> None:
    """Press Ctrl-C where the program hears it too: the end of its stdin stands for the signal."""
    assert child.stdin is not None
    child.stdin.close()
    signal.raise_signal(signal.SIGINT)


def test_a_program_that_hears_ctrl_c_too_may_end_by_itself() -> None:
    start = lambda: started("echo started; read line; exit 7")  # noqa: E731 - a program not started yet
    with pytest.raises(KeyboardInterrupt), running_beside_us(start) as child:
        heard(child)
    assert child.returncode == 7


def test_a_program_that_stays_after_ctrl_c_is_killed() -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        running_beside_us(lambda: started("trap '' INT; echo started; exec sleep 300")) as child,
    ):
        signal.raise_signal(signal.SIGINT)
    assert child.returncode == -signal.SIGKILL
    child.communicate()


@pytest.mark.skipif(not os.path.exists("/bin/ps"), reason="needs ps")  # noqa: PTH110
def test_ps_tells_the_same_as_the_system() -> None:
    told = dict(list_by_ps())
    assert told[os.getpid()] == list_processes()[os.getpid()] == Process(os.getppid(), os.getpgrp())


class Limit(Exception):  # noqa: N818 - as a soft time limit
    """A program's own."""


class Ended:
    """What a program looks like that has ended at once."""

    returncode, pid, stdin, stdout, stderr = 0, 0, None, None, None

    def kill(self) -> None:
        """Do nothing: it has ended."""

    def wait(self) -> int:
        return 0


class LimitAt:
    """Raises at the Nth moment at which a signal's handler could run: at a function's beginning, and after a call."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._last: dict[FrameType, str] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.endswith(("/process/group.py", "/signal.py", "/contextlib.py")):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            before, now = self._last.get(frame, ""), opname[frame.f_code.co_code[frame.f_lasti]]
            # A call that raised is no such moment, and an exception there would leave the first one "being handled".
            self._left -= now != "PUSH_EXC_INFO" and before in {"RESUME", "CALL", "CALL_FUNCTION_EX", "CALL_KW"}
            self._last[frame] = now
        self._left -= event == "call"
        if self._left < 0 and event in {"call", "opcode"}:
            sys.settrace(None)
            raise Limit
        return self


def test_ctrl_c_works_again_after_a_time_limit_at_whatever_moment() -> None:
    """Another signal's handler may raise while Ctrl-C is held back."""
    before, number, lost = signal.getsignal(signal.SIGINT), 0, list[int]()
    while True:
        try:
            sys.settrace(LimitAt(number))
            with running_group(lambda: cast("subprocess.Popen[bytes]", Ended())):
                pass
            break
        except Limit:
            number += 1
        finally:
            sys.settrace(None)
            if signal.getsignal(signal.SIGINT) is not before:
                lost.append(number)
                signal.signal(signal.SIGINT, before)
    assert number > 20
    assert lost == []
