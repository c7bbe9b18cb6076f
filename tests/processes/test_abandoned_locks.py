"""What killed holders left of passing locks goes, and nothing else, and nobody takes the removing for a holding."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pyvault.errors import LockTimeoutError
from pyvault.files.lock import ONE_AT_A_TIME, LockFile, open_lock, remove_abandoned, try_share, unlock


def is_passing(name: str) -> bool:
    return name.endswith(".passing")


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def leave(path: Path, *, seconds_ago: float = 0) -> None:
    path.write_text("123 killed\n")
    os.utime(path, (time.time() - seconds_ago,) * 2)


def test_what_nobody_holds_goes_and_what_is_held_stays(tmp_path: Path) -> None:
    leave(tmp_path / "a.passing")
    leave(tmp_path / "b.lock")
    with LockFile(tmp_path / "c.passing", ephemeral=True):
        remove_abandoned(tmp_path, is_passing)
        assert names(tmp_path) == ["b.lock", "c.passing", ONE_AT_A_TIME]
        with pytest.raises(LockTimeoutError), LockFile(tmp_path / "c.passing", timeout=0, ephemeral=True):
            pytest.fail("two held the lock")
    assert names(tmp_path) == ["b.lock", ONE_AT_A_TIME]


def test_where_there_is_nothing_to_remove_nothing_is_made(tmp_path: Path) -> None:
    remove_abandoned(tmp_path / "nowhere", is_passing)
    remove_abandoned(tmp_path, is_passing)
    assert names(tmp_path) == []


def test_what_was_locked_lately_may_stay(tmp_path: Path) -> None:
    leave(tmp_path / "old.passing", seconds_ago=100)
    leave(tmp_path / "young.passing", seconds_ago=10)
    remove_abandoned(tmp_path, is_passing, idle=50)
    assert names(tmp_path) == [ONE_AT_A_TIME, "young.passing"]


def test_two_do_not_remove_at_a_time(tmp_path: Path) -> None:
    leave(tmp_path / "a.passing")
    with LockFile(tmp_path / ONE_AT_A_TIME):
        remove_abandoned(tmp_path, is_passing)
    assert (tmp_path / "a.passing").exists()


def test_what_can_not_be_removed_keeps_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.passing").mkdir()
    (tmp_path / "b.passing").symlink_to("precious")
    os.mkfifo(tmp_path / "c.passing")
    leave(tmp_path / "d.passing")
    remove_abandoned(tmp_path, is_passing)
    assert names(tmp_path) == ["a.passing", "b.passing", "c.passing", ONE_AT_A_TIME]


def test_one_who_removes_and_never_ends_does_not_hold_up_others_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "x.passing"
    leave(path)
    descriptor = open_lock(path)
    assert try_share(descriptor)  # and is stopped now
    with pytest.raises(LockTimeoutError), LockFile(path, timeout=0, ephemeral=True):
        pytest.fail("it was removed")
    descriptor.close()


def test_who_comes_while_a_file_is_removed_does_not_see_a_holder(tmp_path: Path) -> None:
    path = tmp_path / "x.passing"
    leave(path)
    descriptor = open_lock(path)
    assert try_share(descriptor)  # as whoever removes it
    come, entered = threading.Event(), threading.Event()

    def lock() -> None:
        come.set()
        with LockFile(path, timeout=0, ephemeral=True):  # which raises where somebody holds it
            entered.set()

    comer = threading.Thread(target=lock)
    comer.start()
    assert come.wait(20)
    time.sleep(0.1)
    assert not entered.is_set()
    path.unlink()
    unlock(descriptor)
    descriptor.close()
    assert entered.wait(20)
    comer.join()


def test_a_lock_that_is_held_is_not_shared(tmp_path: Path) -> None:
    path = tmp_path / "x.passing"
    with LockFile(path, ephemeral=True):
        descriptor = open_lock(path, make=False)
        assert not try_share(descriptor)
        descriptor.close()
    with open(tmp_path / "y", "w") as free:  # noqa: PTH123 - a descriptor is what is wanted
        assert try_share(free.fileno())


COUNT = """
import os, sys
from pathlib import Path
from pyvault.files.lock import LockFile
place = Path(sys.argv[1])
for turn in range(int(sys.argv[2])):
    with LockFile(place / "locks" / "x.passing", timeout=120, ephemeral=True):
        number = int((place / "number").read_text())
        (place / "number").write_text(str(number + 1))  # two at once would lose one
    if turn % 5 == 0 and not os.fork():
        lock = LockFile(place / "locks" / "x.passing", timeout=120, ephemeral=True)
        lock.__enter__()
        os._exit(0)  # as if killed: the file stays
    if turn % 5 == 0:
        os.wait()
"""


@pytest.mark.parametrize(
    ("processes", "rounds"), [(4, 60), pytest.param(20, 500, marks=pytest.mark.slow)]
)  # fmt: skip
def test_holders_exclude_each_other_while_others_remove_what_the_killed_left(
    tmp_path: Path, processes: int, rounds: int
) -> None:
    locks = tmp_path / "locks"
    locks.mkdir()
    (tmp_path / "number").write_text("0")
    crowd = [
        subprocess.Popen([sys.executable, "-c", COUNT, str(tmp_path), str(rounds)]) for _ in range(processes)
    ]  # fmt: skip
    stop = threading.Event()

    def sweep() -> None:
        while not stop.is_set():
            remove_abandoned(locks, is_passing)

    sweepers = [threading.Thread(target=sweep) for _ in range(2)]
    for one in sweepers:
        one.start()
    ended = [one.wait() for one in crowd]
    stop.set()
    for one in sweepers:
        one.join()
    assert ended == [0] * processes
    assert (tmp_path / "number").read_text() == str(processes * rounds)
    remove_abandoned(locks, is_passing)
    assert names(locks) == [ONE_AT_A_TIME]
