"""64 keep-alive connections, 20 expiries: every answer is good, and each expiry costs one fetch."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

import pytest

from pyvault.clock import parse_rfc3339
from pyvault.errors import AwsUnreachableError
from server.serving import TOKEN, MovedClock, ObedientFetch, Running, ecs, running

CONNECTIONS = 64
EXPIRIES = 20
THREADS = 4


class Load:
    """Clients that ask without a pause until told to stop, and judge every answer."""

    def __init__(self, server: Running, clock: MovedClock) -> None:
        self.errors: list[str] = []
        self.rounds = [0] * THREADS
        self.newest = clock()
        self._server = server
        self._clock = clock
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(THREADS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def pass_round(self) -> None:
        """Wait until every connection has asked and been answered at the present time."""
        goal = [done + 2 for done in self.rounds]
        while any(done < wanted for done, wanted in zip(self.rounds, goal, strict=True)) and not self.errors:
            time.sleep(0.001)

    def _run(self, number: int) -> None:
        raw = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{self._server.port}\r\nAuthorization: {TOKEN}\r\n\r\n".encode()
        clients = [self._server.connect() for _ in range(CONNECTIONS // THREADS)]
        try:
            while not self._stop.is_set() and not self.errors:
                asked = self._clock()
                for client in clients:
                    client.sendall(raw)
                for client in clients:
                    self._judge(read_answer(client), asked)
                self.rounds[number] += 1
        except OSError as exc:
            self.errors.append(repr(exc))
        finally:
            for client in clients:
                client.close()

    def _judge(self, answer: bytes, asked: datetime) -> None:
        if not answer.startswith(b"HTTP/1.1 200"):
            self.errors.append(answer.decode())
            return
        expires = parse_rfc3339(json.loads(answer.split(b"\r\n\r\n")[1])["Expiration"])
        self.newest = max(self.newest, expires)
        if expires <= asked:
            self.errors.append(f"expired at {asked}: {answer!r}")


def read_answer(client: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        part = client.recv(65536)
        if not part:
            raise ConnectionResetError("closed")
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length is not None
    while len(body) < int(length[1]):
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


def load(fetch: ObedientFetch, clock: MovedClock, change: Callable[[int, Load], None]) -> None:
    """Let the credentials change 20 times under the load; *change* moves the clock until they have."""
    with running(ecs(fetch, clock)) as server, Load(server, clock) as clients:
        clients.pass_round()
        for number in range(EXPIRIES):
            old = clients.newest
            change(number, clients)
            wait_for(lambda old=old: clients.newest > old, clients)  # type: ignore[misc]  # bound now
    assert clients.errors == []
    assert min(clients.rounds) >= EXPIRIES


def wait_for(condition: Callable[[], bool], clients: Load) -> None:
    while not condition() and not clients.errors:
        clients.pass_round()


@pytest.mark.parametrize("minutes", [11, 15], ids=["ahead", "at-expiry"])
def test_credentials_change_under_running_clients(clock: MovedClock, minutes: int) -> None:
    """Whether somebody asks inside the window or only when all is over: 20 changes, 21 fetches."""
    fetch = ObedientFetch(now=clock, lifetime=timedelta(minutes=15))
    load(fetch, clock, lambda _number, _clients: clock.move(minutes=minutes))
    assert fetch.calls == EXPIRIES + 1


def test_sts_fails_part_of_the_time(clock: MovedClock) -> None:
    """Two of three calls fail; the old credentials bridge it, and failing is not hurried."""

    def fail(call: int) -> None:
        if call > 1 and (call - 1) % 3:
            raise AwsUnreachableError("sts answered 500")

    fetch = ObedientFetch(now=clock, lifetime=timedelta(minutes=15), before=fail)

    def change(number: int, clients: Load) -> None:
        clock.move(minutes=11)
        wait_for(lambda: fetch.calls == 2 + 3 * number, clients)
        for _ in range(3):
            clients.pass_round()
        assert fetch.calls == 2 + 3 * number  # many readers in the pause, no attempt
        while fetch.calls < 4 + 3 * number and not clients.errors:
            clock.move(seconds=1)
            clients.pass_round()

    load(fetch, clock, change)
    assert fetch.calls == 1 + 3 * EXPIRIES


def test_sts_hangs(clock: MovedClock) -> None:
    """A fetch that hangs is one fetch; the readers are served the old credentials meanwhile."""
    release = threading.Semaphore(0)
    fetch = ObedientFetch(
        now=clock, lifetime=timedelta(minutes=15), before=lambda call: call == 1 or release.acquire(timeout=30)
    )  # type: ignore[func-returns-value]  # waits

    def change(number: int, clients: Load) -> None:
        clock.move(minutes=11)
        wait_for(lambda: fetch.calls == number + 2, clients)
        clients.pass_round()
        clients.pass_round()
        assert fetch.calls == number + 2
        release.release()

    load(fetch, clock, change)
    assert fetch.calls == EXPIRIES + 1
