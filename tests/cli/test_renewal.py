"""Credentials change under running clients: real processes, 64 kept connections, AWS's likeness, a clock that moves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from command_line import PYVAULT, clean_environ
from fake_aws.client import FakeAws
from moved_time import MovedTime
from pyvault.clock import parse_rfc3339
from standing import Standing

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the keeper needs pidfd"),
    pytest.mark.peer("faketime"),
]

CONNECTIONS = 64
EXPIRIES = 20
PAUSE = 0.03  # seconds between two requests of a connection: the machine has the fetches to do too
LIFETIME = 900  # seconds, the shortest that STS gives
INSIDE_WINDOW = LIFETIME - 240  # the window begins five minutes before the end
BEYOND_THE_END = LIFETIME + 100


class Clients:
    """Connections that stay, and ask and judge until told to stop."""

    def __init__(self, url: str, token: str, time_of_day: MovedTime) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self._place = (parts.hostname, parts.port)
        lines = (f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Authorization: {token}", "", "")
        self._request = "\r\n".join(lines).encode()
        self._time_of_day = time_of_day
        self._stop = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.errors: list[str] = []
        self.rounds = [0] * CONNECTIONS
        self.seen: list[str] = []  # access keys, in the order of their coming

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join(60)

    def pass_round(self) -> None:
        """Wait until each connection has asked and been answered from now on."""
        goal = [done + 2 for done in self.rounds]
        until = time.monotonic() + 60
        while any(done < wanted for done, wanted in zip(self.rounds, goal, strict=True)) and not self.errors:
            assert time.monotonic() < until, "the connections stand still"
            time.sleep(0.01)

    async def _run(self) -> None:
        await asyncio.gather(*(self._ask_on(number) for number in range(CONNECTIONS)))

    async def _ask_on(self, number: int) -> None:
        reader, writer = await asyncio.open_connection(*self._place)
        try:
            while not self._stop and not self.errors:
                asked = self._time_of_day.now()
                writer.write(self._request)
                self._judge(*await read_answer(reader), asked)
                self.rounds[number] += 1
                await asyncio.sleep(PAUSE)
        except (OSError, EOFError) as exc:  # a connection that does not stay is an error too
            self.errors.append(repr(exc))
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _judge(self, head: bytes, body: bytes, asked: datetime) -> None:
        if not head.startswith(b"HTTP/1.1 200 "):
            self.errors.append(f"at {asked}: {head!r} {body!r}")
            return
        answer = json.loads(body)
        if answer["AccessKeyId"] not in self.seen:
            self.seen.append(answer["AccessKeyId"])
        if parse_rfc3339(answer["Expiration"]) <= asked:
            self.errors.append(f"expired at {asked}: {answer['Expiration']}")


async def read_answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length is not None
    return head, await reader.readexactly(int(length[1]))


class World:
    """A server process, its clients, and AWS: all with one time of day."""

    def __init__(self, aws: FakeAws, clock: MovedTime, clients: Clients) -> None:
        self.aws = aws
        self.clients = clients
        self._clock = clock

    def move(self, seconds: float) -> None:
        """Move the time: AWS's first, which must not find a signature from the future."""
        self.aws.advance(seconds)
        self.aws.skew_wire(self._clock.ahead + seconds)
        self._clock.move(seconds)

    def wait_for_new_credentials(self, known: int, *, move: float = 0) -> None:
        """Let the clients go on until they have seen more than *known* access keys."""
        until = time.monotonic() + 60
        while len(self.clients.seen) <= known and not self.clients.errors:
            assert time.monotonic() < until, "no new credentials came"
            if move:
                self.move(move)
            self.clients.pass_round()


def change_steadily(world: World, number: int) -> int:
    """Ahead of expiry, where nobody waits, and after it, where all wait. Gives the calls it takes."""
    known = len(world.clients.seen)
    world.move(BEYOND_THE_END if number % 2 else INSIDE_WINDOW)
    world.wait_for_new_credentials(known)
    return 1


def change_while_sts_fails(world: World, number: int) -> int:
    """Two calls are answered with 500: what is there still serves, and the third brings new ones."""
    del number
    known = len(world.clients.seen)
    world.aws.fault("sts.GetSessionToken", "error", times=2, status=500)
    world.move(INSIDE_WINDOW)
    world.wait_for_new_credentials(known, move=1)  # it pauses between attempts
    return 3


def change_while_sts_hangs(world: World, number: int) -> int:
    """A call that is never answered delays nobody while the old are good; a slow one at the end makes all wait."""
    known = len(world.clients.seen)
    if number % 2:
        world.aws.fault("sts.GetSessionToken", "delay", times=1, delay_ms=500)
        world.move(BEYOND_THE_END)
        world.wait_for_new_credentials(known)
        return 1
    before = len(world.aws.calls("GetSessionToken"))
    world.aws.fault("sts.GetSessionToken", "hang", times=1)
    world.move(INSIDE_WINDOW)
    world.aws.wait_for_call("GetSessionToken", count=before + 1)
    for _ in range(3):
        world.clients.pass_round()
    assert len(world.clients.seen) == known
    assert len(world.aws.calls("GetSessionToken")) == before + 1  # one hangs, and nobody tries beside it
    world.aws.clear_faults()  # and its connection is cut
    world.wait_for_new_credentials(known, move=1)
    return 2


@pytest.fixture
def clock(tmp_path: Path, variables: dict[str, str | None]) -> MovedTime:
    """The time of day of the server and all that it starts; a fetch makes one call, so that calls can be counted."""
    clock = MovedTime(tmp_path / "time")
    variables |= clock.environ | {"AWS_MAX_ATTEMPTS": "1"}
    return clock


@contextlib.contextmanager
def standing(home: Path, variables: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    server = Standing(home, variables, "--duration", "15m", "demo")
    try:
        yield server.uri, server.token
        assert server.stop() == 0  # and has said nothing
    finally:
        server.process.kill()
        server.process.communicate()


@contextlib.contextmanager
def beside_a_program(home: Path, variables: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    environ = {name: value for name, value in {**clean_environ(home), **variables}.items() if value is not None}
    show = 'echo "$AWS_CONTAINER_CREDENTIALS_FULL_URI" "$AWS_CONTAINER_AUTHORIZATION_TOKEN"; exec cat'
    words = [PYVAULT, "exec", "-s", "--duration", "15m", "demo", "--", "sh", "-c", show]
    program = subprocess.Popen(
        words, env=environ, cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert program.stdout is not None
        uri, token = program.stdout.readline().split()
        yield uri, token
        assert program.communicate(timeout=20) == ("", "")
        assert program.returncode == 0
    finally:
        program.kill()
        program.communicate()


@pytest.mark.parametrize(
    ("serve", "change"),
    [
        (beside_a_program, change_steadily),
        (standing, change_while_sts_fails),
        (standing, change_while_sts_hangs),
    ],
)
def test_64_connections_see_no_failure_while_credentials_change(
    tmp_path: Path,
    variables: dict[str, str | None],
    fake_aws: FakeAws,
    clock: MovedTime,
    serve: Callable[[Path, dict[str, str | None]], contextlib.AbstractContextManager[tuple[str, str]]],
    change: Callable[[World, int], int],
) -> None:
    with serve(tmp_path, variables) as (uri, token), Clients(uri, token, clock) as clients:
        world = World(fake_aws, clock, clients)
        clients.pass_round()
        calls = 1  # before anybody asked
        for number in range(EXPIRIES):
            calls += change(world, number)
            clients.pass_round()
            assert clients.errors == []
    assert clients.errors == []
    fetches = fake_aws.calls("GetSessionToken")
    assert len(fetches) == calls
    assert len([fetch for fetch in fetches if fetch["status"] == 200]) == EXPIRIES + 1
    assert len(clients.seen) == EXPIRIES + 1
    assert fake_aws.ops() == ["sts.GetSessionToken"] * calls
