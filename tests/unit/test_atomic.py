"""A file is replaced as a whole, or stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyvault.errors import WriteFailedError
from pyvault.files.atomic import PendingFile, remove_all_leftovers, remove_leftovers, replace_file


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        replace_file(tmp_path / "x", b"new")
        replace_file(tmp_path / "y", b"new", mode=0o644)
    finally:
        os.umask(old)
    assert (mode(tmp_path / "x"), mode(tmp_path / "y")) == (0o600, 0o644)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["x", "y"]


def test_the_mode_can_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_file(path, b"new", mode=None)
    assert (path.read_bytes(), mode(path)) == (b"new", 0o640)
    replace_file(tmp_path / "absent", b"new", mode=None)
    assert mode(tmp_path / "absent") == 0o600


def test_a_link_is_replaced_or_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    replace_file(link, b"through", follow_link=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"through"
    replace_file(link, b"instead")
    assert not link.is_symlink()
    assert (link.read_bytes(), target.read_bytes()) == (b"instead", b"through")


def test_what_is_not_committed_vanishes(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with PendingFile(path) as pending:
        pending.write(b"new")
        pending.finish()
        assert pending.path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]
    assert path.read_bytes() == b"old"


def test_a_finished_file_takes_no_more(tmp_path: Path) -> None:
    with PendingFile(tmp_path / "x") as pending:
        pending.finish()
        with pytest.raises(ValueError, match="finished"):
            pending.write(b"more")


@pytest.mark.parametrize("place", ["nowhere/x", "file/x", "directory"])
def test_impossible_places(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "directory").mkdir()
    with pytest.raises(WriteFailedError, match="can't write"):
        replace_file(tmp_path / place, b"x")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["directory", "file"]


def test_leftovers_are_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("x", "x.pending-1", "x.pending-2", "xy.pending-1", "x.bak"):
        (tmp_path / name).write_bytes(b"")
    remove_leftovers(tmp_path / "x")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["x", "x.bak", "xy.pending-1"]
    remove_leftovers(tmp_path / "nowhere" / "x")


def test_what_a_living_writer_makes_stays(tmp_path: Path) -> None:
    (tmp_path / "x.pending-0123456789abcdef").write_bytes(b"left by a killed writer")
    with PendingFile(tmp_path / "x") as pending:
        pending.write(b"new")
        remove_leftovers(tmp_path / "x")
        remove_all_leftovers(tmp_path)
        assert [entry.name for entry in tmp_path.iterdir()] == [pending.path.name]
        pending.commit()
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_all_leftovers_are_ours(tmp_path: Path) -> None:
    theirs = ["a.json", "a.json.pending-x", ".pending-0123456789abcdef", "a.pending-0123456789abcdef.json"]
    for name in [*theirs, "a.json.pending-0123456789abcdef", "b.json.pending-0123456789abcdef"]:
        (tmp_path / name).write_bytes(b"")
    remove_all_leftovers(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(theirs)


def test_descriptors_do_not_pile_up(tmp_path: Path) -> None:
    with (tmp_path / "probe").open("w") as probe:
        first = probe.fileno()
    for _ in range(5):
        replace_file(tmp_path / "x", b"new")
    with (tmp_path / "probe").open("w") as probe:
        assert probe.fileno() == first


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes in directories")
def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    for path, follow in ((pipe, False), (link, True)):
        with pytest.raises(WriteFailedError, match="it is a pipe and not a file"):
            replace_file(path, b"new", follow_link=follow)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link", "pipe"]
    assert pipe.is_fifo()
