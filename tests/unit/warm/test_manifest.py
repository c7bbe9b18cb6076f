"""Whether all that an answer was made from is as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pyvault.warm import manifest


def row(kind: bytes, path: Path, content: bytes | None = None) -> list[bytes]:
    status = path.lstat() if kind in {manifest.STEP, manifest.BARE_FILE} else path.stat()
    described = manifest.directory_status if kind == manifest.DIRECTORY else manifest.file_status
    return [kind, os.fsencode(path), described(status), b"" if content is None else manifest.fingerprint(content)]


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def linked(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


CHANGES: dict[str, Callable[[Path], object]] = {
    "written": lambda path: path.write_bytes(b"other"),
    "longer": lambda path: path.write_bytes(b"content and more"),
    "mode": lambda path: path.chmod(0o640),
    "removed": lambda path: path.unlink(),
    "replaced by its copy": replaced,
    "a directory": lambda path: (path.unlink(), path.mkdir()),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "another link": lambda path: os.link(path, path.with_name("another")),
}


@pytest.mark.parametrize("kind", [manifest.FILE, manifest.BARE_FILE])
@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_file_is_seen(tmp_path: Path, change: str, hashed: bool, kind: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    os.utime(path, (1, 1))
    rows = row(kind, path, b"content" if hashed else None)
    assert manifest.is_unchanged(rows)
    CHANGES[change](path)
    assert not manifest.is_unchanged(rows)


@pytest.mark.parametrize("hashed", [True, False])
def test_a_link_stands_for_a_file_only_where_it_may(tmp_path: Path, hashed: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    linked(path)
    content = b"content" if hashed else None
    assert manifest.is_unchanged(row(manifest.FILE, path, content))
    bare = row(manifest.BARE_FILE, tmp_path / "moved", content)
    bare[1] = os.fsencode(path)
    assert not manifest.is_unchanged(bare)


def test_other_bytes_with_the_same_status_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    rows = row(manifest.FILE, path, b"c0ntent")
    assert not manifest.is_unchanged(rows)


def test_what_was_not_there_must_not_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    rows = [manifest.NOTHING, os.fsencode(path), b"", b""]
    assert manifest.is_unchanged(rows)
    path.touch()
    assert not manifest.is_unchanged(rows)
    assert not manifest.is_unchanged([manifest.NOTHING, os.fsencode(path / "below"), b"", b""])


def test_a_directory_is_known_by_who_may_write_in_it(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir(mode=0o700)
    rows = row(manifest.DIRECTORY, room)
    (room / "file").touch()
    assert manifest.is_unchanged(rows)
    room.chmod(0o770)
    assert not manifest.is_unchanged(rows)
    room.chmod(0o700)
    room.rename(tmp_path / "aside")
    room.mkdir(mode=0o700)
    assert not manifest.is_unchanged(rows)


def test_a_link_on_the_way_is_known_itself(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    way = tmp_path / "way"
    way.symlink_to("one")
    rows = row(manifest.STEP, way)
    assert manifest.is_unchanged(rows)
    way.unlink()
    way.symlink_to("one/../one")
    assert not manifest.is_unchanged(rows)


def test_a_row_of_another_make_does_not_hold(tmp_path: Path) -> None:
    rows = row(manifest.FILE, tmp_path)
    rows[0] = b"x"
    assert not manifest.is_unchanged(rows)
    with pytest.raises(ValueError, match="zip"):
        manifest.is_unchanged(rows[:3])
