"""Ten thousand idle connections to a real server process: bounded, and a program that asks is served at once."""

from __future__ import annotations

import contextlib
import http.client
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyvault.server.http.admission import ENOUGH, FEWEST_CONNECTIONS, MAX_CONNECTIONS, RESERVED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the keeper needs pidfd")

SCRIPT = Path(__file__).with_name("exec_with_server.py")
FLOOD = 10_000
#: Says where the server is and who serves, and ends with its input.
PROGRAM = ("sh", "-c", "echo $URL; exec cat")


@pytest.fixture
def many_descriptors() -> Iterator[int]:
    """Let this process hold the flood, as far as the system allows; gives how many connections that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = FLOOD + 500 if hard == resource.RLIM_INFINITY else min(hard, FLOOD + 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    yield allowed - 500
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def status(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/", headers={"Authorization": "token-of-the-test"})
        return connection.getresponse().status


def descriptors_of_the_server(log: Path) -> int:
    """Count the descriptors of the process that has the most of those that came from a run with this log."""
    counts = [0]
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.fsencode(log) in (entry / "cmdline").read_bytes().split(b"\0"):
                counts.append(len(list((entry / "fd").iterdir())))
    return max(counts)


@pytest.mark.parametrize(
    ("limits", "places"),
    [
        ("ulimit -n 256", 256 - RESERVED),  # little, and no way to more
        ("ulimit -Sn 256", MAX_CONNECTIONS),  # macOS: little, but more for the asking
        ("ulimit -n 1024", MAX_CONNECTIONS),
        ("true", MAX_CONNECTIONS),
    ],
)
def test_a_flood_of_connections_pushes_out_itself(
    tmp_path: Path, many_descriptors: int, limits: str, places: int
) -> None:
    log = tmp_path / "fetches"
    words = ["sh", "-c", f'{limits} && exec "$@"', "-", sys.executable, str(SCRIPT), "3600", str(log), *PROGRAM]
    crowd: list[socket.socket] = []
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline().strip().rstrip("/").rsplit(":", 1)[1])
        assert status(port) == 200
        try:
            for number in range(many_descriptors):
                one = socket.socket()
                crowd.append(one)
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
                if number % 500 == 499:
                    assert status(port) == 200
            assert status(port) == 200
            assert places <= descriptors_of_the_server(log) <= places + RESERVED
        finally:
            for one in crowd:
                one.close()
        assert status(port) == 200
        _, told = server.communicate(timeout=30)
    assert told == ""  # a traceback for each connection that can't be taken would be a flood of its own


@pytest.mark.parametrize(
    ("soft", "hard", "room", "asked"),
    [(256, 256, 256 - RESERVED, 256), (256, 4096, MAX_CONNECTIONS, ENOUGH), (20, 20, FEWEST_CONNECTIONS, 20), (4096, 4096, MAX_CONNECTIONS, 4096)],
)  # fmt: skip
def test_the_room_follows_the_limits(soft: int, hard: int, room: int, asked: int) -> None:
    script = (
        "import resource; from pyvault.server.http.admission import room_for_connections as room;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}));"
        f"print(room({MAX_CONNECTIONS}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert seen.stdout.split() == [str(room), str(asked)]
