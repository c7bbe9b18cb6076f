"""One token for all servers of a file, whoever comes first, and none from a file that others could have written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pyvault.errors import ConfigError, InsecurePermissionsError, WriteFailedError
from pyvault.server.endpoints.bearer_token import use_token_file

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes, owners and links of POSIX")
AS_ROOT = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="gives a file away")
OLD = "an-old-token-of-this-machine-0123456789"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "token"


def kept(path: Path, content: str = OLD) -> Path:
    path.touch(0o600)
    path.write_text(content)
    return path


@POSIX
def test_a_new_file_is_private_and_holds_the_token_and_nothing_else(path: Path) -> None:
    used = use_token_file(path)
    assert path.read_text() == used.token.reveal()  # an end of line would spoil the header of the SDKs
    assert len(used.token.reveal()) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [OLD, f"{OLD}\n"])
def test_a_token_that_is_there_is_used_again(path: Path, content: str) -> None:
    assert use_token_file(kept(path, content)).token.reveal() == OLD
    assert path.read_text() == content


def test_an_empty_file_is_filled_and_stays_the_same_file(path: Path) -> None:
    """It may be mounted into a container, where a new file of its name would not be seen."""
    kept(path, "")
    with path.open(encoding="ascii") as mounted:
        assert use_token_file(path).token.reveal() == mounted.read()


@POSIX
def test_a_file_that_may_only_be_read_will_do(path: Path) -> None:
    kept(path).chmod(0o400)
    assert use_token_file(path).token.reveal() == OLD


@pytest.mark.parametrize("content", ["short", "x" * 2000, "two words " * 4, "\x00" * 64, "ключ" * 20])
def test_what_is_no_token_is_said_and_left_alone(path: Path, content: str) -> None:
    path.touch(0o600)
    path.write_bytes(content.encode())
    with pytest.raises(ConfigError, match="token"):
        use_token_file(path)
    assert path.read_bytes() == content.encode()


@POSIX
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o660])
def test_a_file_that_others_may_read_or_write_is_refused(path: Path, mode: int) -> None:
    kept(path).chmod(mode)
    with pytest.raises(InsecurePermissionsError, match="readable by other users") as caught:
        use_token_file(path)
    assert caught.value.hint == f"chmod 600 '{path}'"


@POSIX
@pytest.mark.parametrize("mask", [0o777, 0o000])
def test_the_umask_does_not_say_who_may_read_it(path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        used = use_token_file(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    used.release()


@AS_ROOT
def test_a_file_of_another_user_is_refused(path: Path) -> None:
    os.chown(kept(path), 65534, 65534)
    with pytest.raises(InsecurePermissionsError, match="belongs to another user"):
        use_token_file(path)


@POSIX
@pytest.mark.parametrize("planted", ["link", "dangling link", "fifo", "directory"])
def test_planted_things_are_no_token_files(path: Path, planted: str) -> None:
    target = path.with_name("target")
    match planted:
        case "link":
            path.symlink_to(kept(target))
        case "dangling link":
            path.symlink_to(target)
        case "fifo":
            os.mkfifo(path, 0o600)
        case _:
            path.mkdir()
    with pytest.raises(ConfigError, match="token file"):
        use_token_file(path)
    assert target.exists() == (planted == "link")


def test_a_missing_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(WriteFailedError, match="No such file"):
        use_token_file(tmp_path / "nowhere" / "token")


class TestTheEnd:
    def test_the_file_made_for_a_server_goes_with_it(self, path: Path) -> None:
        use_token_file(path).release()
        assert not path.exists()

    def test_a_file_that_was_there_stays(self, path: Path) -> None:
        use_token_file(kept(path, "")).release()
        assert path.exists()

    def test_a_file_that_another_server_uses_stays(self, path: Path) -> None:
        first, second = use_token_file(path), use_token_file(path)
        first.release()
        assert path.read_text() == second.token.reveal()

    def test_whoever_comes_in_the_moment_of_the_end_finds_a_file_of_that_name(self, path: Path) -> None:
        """The file it has open has lost its name: a token there would be read by nobody."""
        for _ in range(50):
            ending = use_token_file(path)
            with ThreadPoolExecutor(1) as pool:
                starting = pool.submit(use_token_file, path)
                ending.release()
            assert path.read_text() == starting.result().token.reveal()
            starting.result().release()
            path.unlink(missing_ok=True)


START = """
import sys
from pathlib import Path
from pyvault.server.endpoints.bearer_token import use_token_file
print("ready", flush=True)
sys.stdin.readline()
used = use_token_file(Path(sys.argv[1]))
seen = Path(sys.argv[1]).read_text()  # as an SDK does, the moment the server is there
print(used.token.reveal(), seen, flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("before", ["no file", "an empty file", "a token"])
@pytest.mark.parametrize("count", [16, pytest.param(100, marks=pytest.mark.slow)])
def test_servers_that_start_at_once_agree_on_one_token(path: Path, count: int, before: str) -> None:
    if before != "no file":
        kept(path, "" if before == "an empty file" else OLD)
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(count)
    ]
    for server in servers:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
    for server in servers:  # all are loaded and wait for this line
        assert server.stdin is not None
        server.stdin.write("\n")
        server.stdin.flush()
    told = []
    for server in servers:
        assert server.stdout is not None
        told.append(server.stdout.readline().split())
    for server in servers:
        server.communicate("\n")
    token = path.read_text()
    assert told == [[token, token]] * count
    assert (token == OLD) == (before == "a token")
