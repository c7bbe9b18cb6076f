"""Whatever lies in the place of a small file: it is read, or named at once."""

import os
import socket
import sys
from pathlib import Path

import pytest

from pyvault.files.reading import read_file


def test_a_file_and_a_link_to_one_are_read(tmp_path: Path) -> None:
    path, link = tmp_path / "a", tmp_path / "link"
    path.write_bytes(b"x" * 10)
    link.symlink_to(path)
    assert read_file(path, 10) == read_file(link, 10) == b"x" * 10


def test_the_null_device_is_an_empty_file() -> None:
    assert read_file(Path(os.devnull), 10) == b""


def test_what_is_not_there_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "no", 10)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        read_file(tmp_path / "file" / "no", 10)


def test_a_long_and_a_sparse_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 11)
    with pytest.raises(OSError, match="more than 10 bytes"):
        read_file(path, 10)
    os.truncate(path, 1 << 40)
    with pytest.raises(OSError, match="more than 10 bytes"):
        read_file(path, 10)


@pytest.mark.skipif(sys.platform != "linux", reason="a file without a size")
def test_a_file_of_proc_has_no_size_and_is_bounded_all_the_same() -> None:
    with pytest.raises(OSError, match="more than 10 bytes"):
        read_file(Path("/proc/self/stat"), 10)
    assert read_file(Path("/proc/self/stat"), 4096)


@pytest.mark.skipif(sys.platform == "win32", reason="kinds of files that Windows lacks")
def test_nothing_else_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    place = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        before = Path.cwd()
        os.chdir(tmp_path)  # a socket's path must be short
        try:
            listener.bind("socket")
        finally:
            os.chdir(before)
        for path, reason in {
            tmp_path: "is a directory",
            tmp_path / "pipe": "is a pipe and not a file",
            place: "is a socket and not a file",
            Path("/dev/zero"): "is a device and not a file",
        }.items():
            with pytest.raises(OSError, match=reason):
                read_file(path, 10)
