"""One fetch for many: threads and processes, failures, dead and cancelled leaders."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import pyvault
from pyvault.errors import (
    AwsError,
    BackendError,
    ConfigError,
    CredentialsError,
    InputRequiredError,
    ItemNotFoundError,
    LockTimeoutError,
    PyvaultError,
    UserCancelledError,
    WriteFailedError,
)
from pyvault.files.atomic import PendingFile
from pyvault.sessions.single_flight import SingleFlight

KEY = "ab" * 32
SOURCES = Path(pyvault.__file__).parent.parent


class Cell:
    """A cache of one value, and how often it was filled."""

    def __init__(self) -> None:
        self.value: str | None = None
        self.fetches = 0
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def look_up(self) -> str:
        if self.value is None:
            raise ItemNotFoundError("nothing yet")
        return self.value

    def fetch(self) -> str:
        self.fetches += 1
        self.value = f"value {self.fetches}"
        return self.value

    def slow(self, outcome: Callable[[], str]) -> Callable[[], str]:
        """Make a fetch that waits for the test before it comes to its outcome."""

        def fetch() -> str:
            self.fetches += 1
            self.entered.set()
            assert self.go_on.wait(20)
            return outcome()

        return fetch


def failing(error: BaseException) -> Callable[[], str]:
    def fetch() -> str:
        raise error

    return fetch


def test_threads_share_one_fetch(tmp_path: Path) -> None:
    cell, flight = Cell(), SingleFlight(tmp_path / "locks")
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(flight.share, KEY, look_up=cell.look_up, fetch=cell.fetch) for _ in range(16)]
    assert {future.result() for future in asked} == {"value 1"}


def test_other_keys_do_not_wait(tmp_path: Path) -> None:
    cell, flight = Cell(), SingleFlight(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(flight.share, KEY, look_up=cell.look_up, fetch=cell.slow(lambda: "slow"))
        assert cell.entered.wait(20)
        assert flight.share("cd" * 32, look_up=Cell().look_up, fetch=lambda: "quick") == "quick"
        cell.go_on.set()
    assert slow.result() == "slow"


def wait_behind(tmp_path: Path, cell: Cell, leads: Callable[[], str], follows: Callable[[], str]) -> list[object]:
    """Have one leader and three waiters; give what each came to."""
    flight = SingleFlight(tmp_path)
    outcomes: list[object] = []

    def run(fetch: Callable[[], str]) -> None:
        try:
            outcomes.append(flight.share(KEY, look_up=cell.look_up, fetch=fetch))
        except PyvaultError as exc:
            outcomes.append(exc)
        except Exception as exc:  # noqa: BLE001 - the leader's own crash is part of the outcome
            outcomes.append(exc)

    leader = threading.Thread(target=run, args=(cell.slow(leads),))
    leader.start()
    assert cell.entered.wait(20)
    waiters = [threading.Thread(target=run, args=(follows,)) for _ in range(3)]
    for waiter in waiters:
        waiter.start()
    wait_until_blocked(tmp_path, 3)
    cell.go_on.set()
    for thread in (leader, *waiters):
        thread.join(20)
    return outcomes


def wait_until_blocked(directory: Path, waiters: int) -> None:
    """Wait until so many descriptors beside the leader's are open on the lock file."""
    lock = next(directory.glob("*.lock"))
    pause = threading.Event()
    for _ in range(2000):
        opened = 0
        for link in Path("/proc/self/fd").iterdir():
            try:
                opened += link.readlink() == lock
            except OSError:
                continue
        if opened > waiters:
            return
        pause.wait(0.01)
    pytest.fail("the waiters never came to the lock")


linux_only = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at its descriptors in /proc")


@linux_only
def test_deviation_11_a_refusal_reaches_the_waiters_with_type_code_and_hint(tmp_path: Path) -> None:
    cell = Cell()
    refusal = AwsError("AWS refused it", code="AccessDenied", hint="ask for it")
    outcomes = wait_behind(tmp_path, cell, failing(refusal), cell.fetch)
    assert [(type(item), str(item)) for item in outcomes] == [(AwsError, "AWS refused it")] * 4
    assert {getattr(item, "code", None) for item in outcomes} == {"AccessDenied"}
    assert {getattr(item, "hint", None) for item in outcomes} == {"ask for it"}
    assert cell.fetches == 1


@linux_only
def test_a_crash_reaches_the_waiters_without_its_text(tmp_path: Path) -> None:
    cell = Cell()
    outcomes = wait_behind(tmp_path, cell, failing(RuntimeError("planted-secret")), cell.fetch)
    waited = [item for item in outcomes if isinstance(item, CredentialsError)]
    assert len(waited) == 3
    assert {str(item) for item in waited} == {"the process that fetched the credentials failed: RuntimeError"}
    assert not [file for file in tmp_path.iterdir() if b"planted-secret" in file.read_bytes()]


@linux_only
@pytest.mark.parametrize("error", [UserCancelledError("no"), InputRequiredError("nobody there")])
def test_a_cancelled_leader_is_replaced_by_one_waiter(tmp_path: Path, error: PyvaultError) -> None:
    cell = Cell()
    outcomes = wait_behind(tmp_path, cell, failing(error), cell.fetch)
    assert [item for item in outcomes if isinstance(item, str)] == ["value 2"] * 3
    assert cell.fetches == 2


def test_an_old_failure_is_nobodys_business(tmp_path: Path) -> None:
    cell, flight = Cell(), SingleFlight(tmp_path)
    with pytest.raises(BackendError):
        flight.share(KEY, look_up=cell.look_up, fetch=failing(BackendError("disk full")))
    assert flight.share(KEY, look_up=cell.look_up, fetch=cell.fetch) == "value 1"
    assert not list(tmp_path.glob("*.failed"))


@pytest.mark.parametrize("record", [b"", b"[]", b'{"type": "object", "message": 3}', b"\xff", b'{"type": "Secret"}'])
def test_a_spoilt_record_of_a_failure_is_still_an_error_of_ours(tmp_path: Path, record: bytes) -> None:
    from pyvault.sessions import flight_failure

    (tmp_path / "x.failed").write_bytes(record)
    with pytest.raises(CredentialsError, match="the process that fetched the credentials failed"):
        flight_failure.reraise(tmp_path / "x.failed")


def test_every_error_of_ours_survives_the_way(tmp_path: Path) -> None:
    from pyvault.sessions import flight_failure

    flight_failure.leave(tmp_path / "x", ConfigError("wrong 'x'"))
    with pytest.raises(ConfigError, match="wrong 'x'"):
        flight_failure.reraise(tmp_path / "x")


def test_records_of_failures_do_not_pile_up(tmp_path: Path) -> None:
    flight = SingleFlight(tmp_path)
    long_ago = time.time() - 2 * 24 * 3600
    names = []
    for key in ("aa" * 32, "bb" * 32, "cc" * 32):
        with pytest.raises(BackendError):
            flight.share(key, look_up=Cell().look_up, fetch=failing(BackendError("disk full")))
        names.append(sorted(path.name[:2] for path in tmp_path.iterdir()))
        if key.startswith("aa"):
            os.utime(next(tmp_path.iterdir()), (long_ago, long_ago))
    assert names == [["aa"], ["bb"], ["bb", "cc"]]


def leave_pending(target: Path) -> Path:
    """Leave what a writer leaves that is killed before it commits."""
    pending = PendingFile(target)
    pending.finish()
    return pending.path


def test_what_a_killed_writer_left_of_a_record_goes_with_the_old_records(tmp_path: Path) -> None:
    from pyvault.sessions import flight_failure

    old, young = leave_pending(tmp_path / "aa.failed"), leave_pending(tmp_path / "bb.failed")
    others = leave_pending(tmp_path / "cc.lock")  # of no record
    directory = tmp_path / "dd.failed"  # can't be unlinked, and must not keep the sweep from the rest
    directory.mkdir()
    long_ago = time.time() - 2 * 24 * 3600
    for path in (old, others, directory):
        os.utime(path, (long_ago, long_ago))
    flight_failure.leave(tmp_path / "ee.failed", ConfigError("x"))
    assert sorted(tmp_path.iterdir()) == sorted([young, others, directory, tmp_path / "ee.failed"])


def leave_lock(path: Path, *, days_ago: float = 0) -> Path:
    """Leave what a process leaves that is killed while it fetches."""
    path.write_text("1 pyvault\n")
    os.utime(path, (time.time() - days_ago * 24 * 3600,) * 2)
    return path


def test_the_locks_of_killed_holders_go_with_a_later_fetch_and_those_of_others_stay(tmp_path: Path) -> None:
    cell = Cell()
    leave_lock(tmp_path / f"{'aa' * 16}.lock", days_ago=2)
    leave_lock(tmp_path / f"{'aa' * 16}-{'ab' * 16}.lock", days_ago=2)  # of one that waited
    kept = [
        leave_lock(tmp_path / f"{'bb' * 16}.lock"),  # somebody may just have made it
        leave_lock(tmp_path / f"mfa-{'cc' * 16}.lock", days_ago=2),
        leave_lock(tmp_path / f"pass-{'dd' * 8}.lock", days_ago=2),
        leave_lock(tmp_path / f"rotate-{'ee' * 8}.lock", days_ago=2),
    ]
    SingleFlight(tmp_path).share(KEY, look_up=cell.look_up, fetch=cell.fetch)
    assert sorted(tmp_path.iterdir()) == sorted([*kept, tmp_path / "sweep.lock"])
    SingleFlight(tmp_path).forget_abandoned()
    assert sorted(tmp_path.iterdir()) == sorted([*kept[1:], tmp_path / "sweep.lock"])


@pytest.mark.skipif(sys.platform == "win32", reason="there nothing is shared")
def test_anew_fetches_also_where_the_lock_is_just_being_removed(tmp_path: Path) -> None:
    from pyvault.files.lock import open_lock, try_share

    cell, flight = Cell(), SingleFlight(tmp_path)
    flight.share(KEY, look_up=cell.look_up, fetch=cell.fetch)
    path = leave_lock(tmp_path / f"{KEY[:32]}.lock")
    descriptor = open_lock(path)
    assert try_share(descriptor)  # as whoever removes it
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(flight.share, KEY, look_up=cell.look_up, fetch=cell.fetch, refresh=True)
        wait_until_blocked(tmp_path, 1)
        path.unlink()
        descriptor.close()
        assert asked.result(20) == "value 2"


def test_nobody_fetches_while_somebody_is_alone(tmp_path: Path) -> None:
    cell, flight = Cell(), SingleFlight(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        with flight.alone(KEY, what="the thing"):
            asked = pool.submit(flight.share, KEY, look_up=cell.look_up, fetch=cell.fetch)
            assert flight.share("cd" * 32, look_up=Cell().look_up, fetch=lambda: "another key") == "another key"
            assert cell.fetches == 0
        assert asked.result(20) == "value 1"


def test_being_alone_has_a_time_limit(tmp_path: Path) -> None:
    cell, flight = Cell(), SingleFlight(tmp_path)

    def fetch() -> str:
        with pytest.raises(LockTimeoutError, match="the thing is locked by this very process"):
            flight.alone(KEY, what="the thing", timeout=0.05).__enter__()
        return cell.fetch()

    assert flight.share(KEY, look_up=cell.look_up, fetch=fetch) == "value 1"


def test_anew_ignores_what_was_there_before(tmp_path: Path) -> None:
    cell, flight = Cell(), SingleFlight(tmp_path)
    flight.share(KEY, look_up=cell.look_up, fetch=cell.fetch)
    assert flight.share(KEY, look_up=cell.look_up, fetch=cell.fetch, refresh=True) == "value 2"


WORKER = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from pyvault.errors import ItemNotFoundError
from pyvault.sessions.single_flight import SingleFlight
place = Path(sys.argv[2])
def look_up():
    try: return json.loads((place / "cache").read_text())
    except FileNotFoundError: raise ItemNotFoundError("no") from None
def fetch():
    fd = os.open(place / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, b"%d\\n" % os.getpid())
    if os.environ.get("LEADER_DIES") and (place / "log").read_bytes().count(b"\\n") == 1:
        time.sleep(60)
    time.sleep(0.2)
    (place / "new").write_text('"credentials"'); (place / "new").rename(place / "cache")
    return "credentials"
print(SingleFlight(place / "locks").share("ef" * 32, look_up=look_up, fetch=fetch))
"""


def start_workers(place: Path, count: int, **environ: str) -> list[subprocess.Popen[str]]:
    words = [sys.executable, "-S", "-c", WORKER, str(SOURCES), str(place)]
    return [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)
        for _ in range(count)
    ]


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.slow)])
def test_processes_share_one_fetch(tmp_path: Path, count: int) -> None:
    outputs = [worker.communicate(timeout=60) for worker in start_workers(tmp_path, count)]
    assert outputs == [("credentials\n", "")] * count
    assert len((tmp_path / "log").read_text().splitlines()) == 1
    assert list((tmp_path / "locks").iterdir()) == []  # or every edit of a profile would leave a file


def test_a_killed_leader_is_replaced_by_one_waiter(tmp_path: Path) -> None:
    workers = start_workers(tmp_path, 8, LEADER_DIES="1")
    pause = threading.Event()
    while not (tmp_path / "log").exists() or not (tmp_path / "log").read_text():
        pause.wait(0.01)
    leader = int((tmp_path / "log").read_text())
    victim = next(worker for worker in workers if worker.pid == leader)
    victim.kill()
    outputs = [worker.communicate(timeout=60) for worker in workers if worker is not victim]
    victim.communicate()
    assert victim.returncode == -signal.SIGKILL
    assert outputs == [("credentials\n", "")] * 7
    assert len((tmp_path / "log").read_text().splitlines()) == 2
    assert json.loads((tmp_path / "cache").read_text()) == "credentials"


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a file system that root can't write")
def test_where_no_lock_can_be_made_it_fetches_without_one() -> None:
    cell = Cell()
    assert SingleFlight(Path("/sys/kernel/locks")).share(KEY, look_up=cell.look_up, fetch=cell.fetch) == "value 1"
    assert cell.fetches == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a link of POSIX")
def test_what_others_have_put_in_the_place_of_the_lock_is_named(tmp_path: Path) -> None:
    (tmp_path / f"{KEY[:32]}.lock").symlink_to(tmp_path / "other")
    cell = Cell()
    with pytest.raises(WriteFailedError, match="is a symbolic link"):
        SingleFlight(tmp_path).share(KEY, look_up=cell.look_up, fetch=cell.fetch)
    assert cell.fetches == 0
