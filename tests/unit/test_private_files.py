"""Whatever others have put at a place where we write, nothing of theirs is written to and nothing of ours is given to them."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pyvault.errors import PyvaultError
from pyvault.files.lock import LockFile
from pyvault.files.modes import make_new_directory
from pyvault.retrieval.recently_used import RecentUse
from pyvault.server.endpoints.bearer_token import use_token_file
from pyvault.server.http.access_log import LogFile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, modes and owners of POSIX")

THEIRS = "what stands in another file"
LINE = "x" * 99
USED = datetime(2026, 1, 1, tzinfo=UTC)


def take_lock(path: Path) -> None:
    with LockFile(path, timeout=0):
        pass


def write_log(path: Path) -> None:
    LogFile(path, tell=pytest.fail)(LINE)


def note_use(path: Path) -> None:
    recent = RecentUse(path.parent)
    named = recent.path("p")
    if path.is_symlink() or path.exists():
        path.rename(named)
    recent.note("p", USED)
    if named.is_symlink() or recent.last("p") != USED:
        raise PyvaultError("left alone")


def link(path: Path, other: Path) -> None:
    path.symlink_to(other)


def dangling_link(path: Path, other: Path) -> None:
    path.symlink_to(other.with_name("new"))


def second_name(path: Path, other: Path) -> None:
    os.link(other, path)


def wide(path: Path, _other: Path) -> None:
    path.write_text("")
    path.chmod(0o666)


def readable(path: Path, _other: Path) -> None:
    path.write_text("")
    path.chmod(0o644)


def pipe(path: Path, _other: Path) -> None:
    os.mkfifo(path, 0o600)


def foreign(path: Path, _other: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("gives a file away")
    path.touch(0o600)
    os.chown(path, 65534, 65534)


PREPARED = [link, dangling_link, second_name, wide, readable, pipe, foreign]


@pytest.mark.parametrize("write", [take_lock, write_log, use_token_file, note_use])
@pytest.mark.parametrize("prepare", PREPARED)
def test_what_others_prepared_is_refused_and_left_alone(
    tmp_path: Path, write: Callable[[Path], object], prepare: Callable[[Path, Path], None]
) -> None:
    if (write, prepare) == (take_lock, readable):
        pytest.skip("what it says is no secret, and who can read it can't change it")
    other = tmp_path / "other"
    other.write_text(THEIRS)
    other.chmod(0o600)
    os.utime(other, (1, 1))
    (tmp_path / "here").mkdir(mode=0o700)
    path = tmp_path / "here" / "file"
    prepare(path, other)
    with pytest.raises(PyvaultError):
        write(path)
    assert (other.read_text(), other.stat().st_mtime) == (THEIRS, 1)
    assert not (tmp_path / "new").exists()
    assert all(entry.is_symlink() or entry.is_fifo() or entry.stat().st_size in {0, len(THEIRS)}
               for entry in (tmp_path / "here").iterdir())  # fmt: skip


@pytest.mark.parametrize("write", [take_lock, write_log, use_token_file, note_use])
def test_a_new_file_is_for_us_alone(tmp_path: Path, write: Callable[[Path], object]) -> None:
    before = os.umask(0)
    try:
        write(tmp_path / "file")
    finally:
        os.umask(before)
    (made,) = tmp_path.iterdir()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


class TestTheLog:
    def test_it_has_two_bounded_files_and_the_newest_lines(self, tmp_path: Path) -> None:
        path = tmp_path / "log"
        log = LogFile(path, tell=pytest.fail, limit=1000)
        for number in range(95):
            log(f"{number:0>99}")
        sizes = {one.name: one.stat().st_size for one in tmp_path.iterdir()}
        assert sizes == {"log": 500, "log.1": 1000}
        assert [int(line) for line in ((tmp_path / "log.1").read_text() + path.read_text()).split()] == [*range(80, 95)]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_servers_that_share_a_file_lose_no_line(self, tmp_path: Path) -> None:
        logs = [LogFile(tmp_path / "log", tell=pytest.fail, limit=1000) for _ in range(2)]
        for number in range(15):
            logs[number % 2](f"{number:0>99}")
        lines = (tmp_path / "log.1").read_text() + (tmp_path / "log").read_text()
        assert sorted(int(line) for line in lines.split()) == [*range(15)]

    def test_what_has_its_name_by_then_is_not_written_to(self, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.write_text(THEIRS)
        told: list[str] = []
        log = LogFile(tmp_path / "log", tell=told.append, limit=250)
        log(LINE)
        (tmp_path / "log").unlink()
        (tmp_path / "log").symlink_to(other)
        for _ in range(3):
            log(LINE)
        assert other.read_text() == THEIRS
        assert len(told) == 1

    def test_the_old_file_may_be_a_link_that_goes(self, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.write_text(THEIRS)
        (tmp_path / "log.1").symlink_to(other)
        log = LogFile(tmp_path / "log", tell=pytest.fail, limit=250)
        for _ in range(3):
            log(LINE)
        assert other.read_text() == THEIRS
        assert not (tmp_path / "log.1").is_symlink()

    @pytest.mark.skipif(sys.platform != "win32" and os.geteuid() == 0, reason="root may write anywhere")
    def test_where_it_cant_be_put_aside_it_gets_no_longer(self, tmp_path: Path) -> None:
        told: list[str] = []
        log = LogFile(tmp_path / "log", tell=told.append, limit=250)
        tmp_path.chmod(0o500)
        for _ in range(5):
            log(LINE)
        tmp_path.chmod(0o700)
        assert ((tmp_path / "log").stat().st_size, len(told)) == (200, 1)


@pytest.mark.parametrize("umask", [0, 0o777])
def test_a_new_directory_is_ours_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        make_new_directory(tmp_path / "new")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    for taken in ("new", "link"):
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        with pytest.raises(FileExistsError):
            make_new_directory(tmp_path / taken)
