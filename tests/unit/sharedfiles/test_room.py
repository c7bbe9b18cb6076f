"""Where views stand: nobody else's, read-only, and gone when nobody needs them."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from pyvault.config.config_file import find_config_path, find_credentials_path
from pyvault.errors import InsecurePermissionsError, LockTimeoutError, WriteFailedError
from pyvault.files.lock import LockFile
from pyvault.sharedfiles.hidden_default import Hidden
from pyvault.sharedfiles.view_directory import RealFiles, View, open_view_directory, remove_abandoned

HIDDEN = Hidden(config=b"[default]\n", credentials=b"", stand_in=None)
REAL = RealFiles(config=Path("/real/config"), credentials=Path("/real/credentials"))
NOBODY = 2**22 + 1  # above every process number of Linux

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and process numbers are of POSIX")


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return open_view_directory(tmp_path / "run" / "pyvault")


@pytest.mark.parametrize("mask", [0o022, 0o777, 0o000])
def test_a_view_is_read_only_and_leaves_nothing(room: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        view = View.make(room, HIDDEN, REAL)
    finally:
        os.umask(before)
    assert view.config.read_bytes() == b"[default]\n"
    assert view.credentials.read_bytes() == b""
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (room, view.directory, view.config, view.credentials)]
    assert modes == [0o700, 0o500, 0o400, 0o400]
    assert view.remove() is None
    assert list(room.iterdir()) == []


def test_a_pyvault_that_sees_it_reads_the_real_files(room: Path) -> None:
    view = View.make(room, HIDDEN, REAL)
    seen = view.variables()
    assert seen["AWS_CONFIG_FILE"].endswith("/config")
    assert (find_config_path(seen), find_credentials_path(seen)) == (REAL.config, REAL.credentials)
    # Somebody in the child names another file: that one is meant.
    assert find_config_path(seen | {"AWS_CONFIG_FILE": "/other"}) == Path("/other")
    assert find_credentials_path(seen | {"AWS_SHARED_CREDENTIALS_FILE": ""}) == REAL.credentials
    view.remove()


def test_what_root_writes_there_is_put_aside(room: Path) -> None:
    view = View.make(room, HIDDEN, REAL)
    view.config.chmod(0o600)
    view.config.write_text("[default]\nregion = new\n")
    aside = view.remove()
    assert aside is not None
    assert (aside / "config").read_text() == "[default]\nregion = new\n"
    assert [path.name for path in room.iterdir()] == [aside.name]
    remove_abandoned(room)
    assert aside.exists()


def test_one_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(WriteFailedError, match="can't open the lock"):
        View.make(tmp_path / "nowhere", HIDDEN, REAL)
    assert list(tmp_path.iterdir()) == []


def test_a_room_for_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o700)
    (tmp_path / "open").chmod(0o755)
    with pytest.raises(InsecurePermissionsError, match="accessible to other users"):
        open_view_directory(tmp_path / "open")
    (tmp_path / "link").symlink_to(tmp_path / "open")
    with pytest.raises(InsecurePermissionsError, match="not a directory of yours"):
        open_view_directory(tmp_path / "link")


def left_over(room: Path, holder: str | None) -> Path:
    """Make what a keeper that was killed leaves."""
    directory = room / "aws-view-0123"
    directory.mkdir()
    (directory / "config").write_text("secret")
    os.utime(directory / "config", ns=(0, 0))
    directory.chmod(0o500)
    if holder is not None:
        (room / "aws-view-0123.lock").write_text(holder)
    return directory


@pytest.mark.parametrize("holder", [None, "", "nonsense", f"{NOBODY} pyvault\n", f"{10**30}\n"])
def test_what_nobody_uses_goes_with_the_next(room: Path, holder: str | None) -> None:
    directory = left_over(room, holder)
    View.make(room, HIDDEN, REAL).remove()
    assert directory.exists() is (holder == f"{10**30}\n")  # no number of a process: better left than taken away


def test_one_that_was_never_finished_goes_too(room: Path) -> None:
    directory = left_over(room, None)
    directory.chmod(0o700)
    os.utime(directory / "config")
    remove_abandoned(room)
    assert list(room.iterdir()) == []


def test_what_a_program_uses_stays_without_its_keeper(room: Path) -> None:
    directory = left_over(room, f"{os.getpid()}\n")
    remove_abandoned(room)
    assert directory.exists()


def test_what_is_kept_is_not_swept(room: Path) -> None:
    view = View.make(room, HIDDEN, REAL)
    view.hand_to(NOBODY)
    remove_abandoned(room)
    assert view.config.exists()
    with pytest.raises(LockTimeoutError), LockFile(room / f"{view.directory.name}.lock", timeout=0, ephemeral=True):
        pass
    view.remove()
