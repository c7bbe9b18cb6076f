"""One process at a time, and the others know who it is."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pyvault.errors import LockTimeoutError, WriteFailedError
from pyvault.files.lock import LockFile

HOLD = """
import sys
from pathlib import Path
from pyvault.files.lock import LockFile
with LockFile(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_another_process_waits_and_is_told_whom_for(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with holder(path) as process:
        with (
            pytest.raises(LockTimeoutError, match=rf"'the thing' is locked by process {process.pid} \("),
            LockFile(path, timeout=0.05, what="'the thing'"),
        ):
            pytest.fail("two held the lock")
        process.communicate("")
    with LockFile(path, timeout=0):
        pass


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with holder(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with LockFile(path, timeout=5):
            assert path.read_text().startswith(f"{os.getpid()} ")


def test_a_waiter_gets_it_when_it_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    order: list[str] = []

    def wait() -> None:
        with LockFile(path, timeout=10):
            order.append("second")

    with LockFile(path):
        waiter = threading.Thread(target=wait)
        waiter.start()
        order.append("first")
    waiter.join()
    assert order == ["first", "second"]


def test_it_is_private_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with LockFile(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.exists()


def test_a_passing_one_goes_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with LockFile(path, ephemeral=True):
        assert path.exists()
    assert not path.exists()


def open_descriptors(path: Path) -> int:
    """Count the descriptors of this process that are open on a file."""
    count = 0
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            count += link.readlink() == path
    return count


@pytest.mark.skipif(sys.platform != "linux", reason="looks at its descriptors in /proc")
def test_whoever_waited_on_a_file_that_has_gone_locks_the_one_of_that_name(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    first = LockFile(path, ephemeral=True)
    entered, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        with LockFile(path, timeout=20, ephemeral=True):
            entered.set()
            assert go_on.wait(20)

    with first:
        waiter = threading.Thread(target=wait)
        waiter.start()
        while open_descriptors(path) < 2:  # until it has opened the file that is about to go
            time.sleep(0.001)
    assert entered.wait(20)
    with pytest.raises(LockTimeoutError), LockFile(path, timeout=0, ephemeral=True):
        pytest.fail("two held the lock")
    go_on.set()
    waiter.join()
    assert not path.exists()


def test_a_passing_one_of_a_killed_holder_is_taken_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with holder(path) as process:
        process.kill()
        process.wait()
    assert path.exists()
    with LockFile(path, timeout=5, ephemeral=True):
        pass
    assert not path.exists()


def test_a_passing_one_spares_the_file_that_took_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with LockFile(path, ephemeral=True):
        path.unlink()
        path.write_bytes(b"somebody else's")
    assert path.read_bytes() == b"somebody else's"


COUNT = """
import sys
from pathlib import Path
from pyvault.files.lock import LockFile
place = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with LockFile(place / "locks" / "x.lock", timeout=120, ephemeral=True):
        number = int((place / "number").read_text())
        (place / "number").write_text(str(number + 1))  # two at once would lose one
"""


@pytest.mark.parametrize(
    ("processes", "rounds"), [(8, 60), pytest.param(40, 500, marks=pytest.mark.slow)]
)  # fmt: skip
def test_many_processes_exclude_each_other_by_a_lock_that_comes_and_goes(
    tmp_path: Path, processes: int, rounds: int
) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "number").write_text("0")
    words = [sys.executable, "-c", COUNT, str(tmp_path), str(rounds)]
    crowd = [subprocess.Popen(words) for _ in range(processes)]
    assert [one.wait() for one in crowd] == [0] * processes
    assert (tmp_path / "number").read_text() == str(processes * rounds)
    assert list((tmp_path / "locks").iterdir()) == []


def test_it_is_not_reentrant(tmp_path: Path) -> None:
    lock = LockFile(tmp_path / "x.lock", timeout=0)
    with lock:
        with pytest.raises(RuntimeError):
            lock.__enter__()
        with pytest.raises(LockTimeoutError), LockFile(tmp_path / "x.lock", timeout=0):
            pytest.fail("two held the lock")
    with lock:
        pass


def test_children_do_not_inherit_it(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with LockFile(path):
        child = subprocess.Popen(["sleep", "30"], close_fds=False)
    try:
        with LockFile(path, timeout=0):
            pass
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("planted", ["link", "fifo", "directory"])
def test_planted_things_are_no_locks(tmp_path: Path, planted: str) -> None:
    path, target = tmp_path / "x.lock", tmp_path / "target"
    target.write_bytes(b"precious")
    match planted:
        case "link":
            path.symlink_to(target)
        case "fifo":
            os.mkfifo(path)
        case _:
            path.mkdir()
    with pytest.raises(WriteFailedError, match="lock"), LockFile(path, timeout=0):
        pytest.fail("something else was locked")
    assert target.read_bytes() == b"precious"


def test_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(WriteFailedError, match="No such file"), LockFile(tmp_path / "nowhere" / "x.lock"):
        pytest.fail("a lock without a file")


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"not a pid", b"12\x1b[31m x", b"99 evil\x1b[2J\nline"])
def test_what_is_in_the_file_does_not_reach_the_terminal(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "x.lock"
    with LockFile(path):
        path.write_bytes(text)
        with pytest.raises(LockTimeoutError) as caught, LockFile(path, timeout=0):
            pytest.fail("two held the lock")
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("ephemeral", [False, True])
def test_who_takes_it_again_and_again_lets_a_waiter_go_first(tmp_path: Path, ephemeral: bool) -> None:
    """Without that a waiter would have to ask in the very moment between two holdings."""
    path, waits, has_it, again = tmp_path / "x.lock", threading.Event(), threading.Event(), list[None]()

    def hog() -> None:
        with LockFile(path, ephemeral=ephemeral):
            held.set()
            waits.wait(10)
        while not has_it.is_set():
            with LockFile(path, ephemeral=ephemeral):
                again.append(None)
                time.sleep(0.005)

    held = threading.Event()
    thread = threading.Thread(target=hog)
    thread.start()
    held.wait(10)
    with LockFile(path, ephemeral=ephemeral, on_wait=waits.set):
        has_it.set()
    thread.join()
    assert len(again) <= 20
