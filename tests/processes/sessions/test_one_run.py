"""One run of a command for all who ask at the same time; nothing for who comes later, and nothing left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.sso_calls import START, MemoryBlobs
from pyvault.errors import ProcessError, UserCancelledError, WriteFailedError
from pyvault.names import Kind
from pyvault.secret import Secret
from pyvault.sessions.one_run import LIFE, OneRun
from pyvault.sessions.single_flight import SingleFlight

KEY = "ab" * 32
linux_only = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at its descriptors in /proc")


class Bench:
    """Callers of one command, each as a process has it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.blobs = MemoryBlobs()
        self.runs = 0
        self.go_on = threading.Event()
        self.failure: Exception | None = None

    def run(self) -> Secret[bytes]:
        self.runs += 1
        answer = Secret(f"answer {self.runs}\n".encode())
        assert self.go_on.wait(20)
        if self.failure:
            raise self.failure
        return answer

    def ask(self) -> str:
        return OneRun(SingleFlight(self.directory), self.blobs, lambda: START).share(KEY, self.run).reveal().decode()

    def asked_at_once(self, pool: ThreadPoolExecutor, count: int) -> list[Future[str]]:
        """Have some ask while the first of them runs the command."""
        asked = [pool.submit(self.ask) for _ in range(count)]
        wait_until(lambda: self.runs == 1 and self.at_the_lock() == count)
        return asked

    def at_the_lock(self) -> int:
        """Count the descriptors that are open on the lock of the run."""
        lock, opened = self.directory / f"{KEY[:32]}.lock", 0
        for link in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                opened += link.readlink() == lock
        return opened


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it did not come to that")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "locks")


@linux_only
def test_all_who_wait_get_the_answer_of_the_one_run(bench: Bench) -> None:
    with ThreadPoolExecutor(6) as pool:
        asked = bench.asked_at_once(pool, 6)
        bench.go_on.set()
        assert {each.result(20) for each in asked} == {"answer 1\n"}
    assert bench.runs == 1
    assert bench.blobs.items == {}
    assert list(bench.directory.glob("*-*.lock")) == []


def test_who_comes_later_has_it_run_again(bench: Bench) -> None:
    bench.go_on.set()
    assert [bench.ask(), bench.ask()] == ["answer 1\n", "answer 2\n"]


def test_an_answer_for_nobody_leaves_no_process(bench: Bench) -> None:
    bench.go_on.set()
    bench.ask()
    assert bench.blobs.expiries == {}  # nothing was ever put


def test_an_answer_for_others_that_lies_there_is_nobody_s(bench: Bench) -> None:
    bench.go_on.set()
    bench.blobs.put_blob(Kind.PENDING, KEY, Secret(b"11 22\nearlier"))
    assert bench.ask() == "answer 1\n"


@linux_only
def test_an_answer_that_nobody_takes_goes_after_a_while(bench: Bench) -> None:
    with ThreadPoolExecutor(2) as pool:
        bench.asked_at_once(pool, 2)
        bench.go_on.set()
    assert bench.blobs.expiries[Kind.PENDING, KEY] == START + LIFE
    assert timedelta(minutes=1) >= LIFE


@linux_only
def test_a_failure_reaches_those_who_waited(bench: Bench) -> None:
    bench.failure = ProcessError("it failed")
    with ThreadPoolExecutor(4) as pool:
        asked = bench.asked_at_once(pool, 4)
        bench.go_on.set()
        assert {str(each.exception(20)) for each in asked} == {"it failed"}
    assert bench.runs == 1


@linux_only
def test_a_leader_that_gives_up_is_replaced(bench: Bench) -> None:
    bench.failure = UserCancelledError("Ctrl-C")
    with ThreadPoolExecutor(3) as pool:
        asked = bench.asked_at_once(pool, 3)
        bench.go_on.set()
        assert {str(each.exception(20)) for each in asked} == {"Ctrl-C"}
    assert bench.runs == 3


def test_who_was_killed_while_waiting_is_no_waiter(bench: Bench) -> None:
    bench.directory.mkdir()
    (bench.directory / f"{KEY[:32]}-{'cd' * 16}.lock").write_text("1 pyvault\n")
    bench.go_on.set()
    bench.ask()
    assert bench.blobs.expiries == {}
    assert list(bench.directory.glob("*-*.lock")) == []


@linux_only
def test_a_file_that_takes_no_answer_makes_each_run_it_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise WriteFailedError("disk full")

    monkeypatch.setattr(bench.blobs, "put_blob", full)  # the fake, not ours
    with ThreadPoolExecutor(2) as pool:
        asked = bench.asked_at_once(pool, 2)
        bench.go_on.set()
        assert {each.result(20) for each in asked} == {"answer 1\n", "answer 2\n"}
