"""Run a server for a test: a loop in a thread, a clock that moves, a fetch that obeys."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pyvault.model import Credentials
from pyvault.process.peer import owner_check
from pyvault.secret import Secret
from pyvault.server.endpoints.ecs import EcsApplication, ecs_answer
from pyvault.server.endpoints.imds import ImdsApplication, imds_answer
from pyvault.server.endpoints.refreshing_source import CredentialSource
from pyvault.server.endpoints.roles import RolePatterns, RoleSources
from pyvault.server.http.admission import Admission, any_peer
from pyvault.server.http.connection import Application
from pyvault.server.http.listener import as_socket, listen
from pyvault.server.processes.threaded_server import in_thread
from pyvault.server.serve import Service, serve

if TYPE_CHECKING:
    from pyvault.process.peer import PeerCheck
    from pyvault.server.http.admission import AccessLog

    Fetch = Callable[[], Credentials]

TOKEN = "correct-horse-battery-staple-0123456789abcdef"
SECRET = "planted/secret/access/key/that/never/shows"
SESSION = "planted-session-token-that-never-shows"
NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


class MovedClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class ObedientFetch:
    """Gives credentials that expire an hour after the clock, and does as told.

    ``before`` runs first, with the number of the call from 1: it may raise or block.
    """

    now: Callable[[], datetime]
    lifetime: timedelta = timedelta(hours=1)
    before: Callable[[int], None] = lambda _call: None
    calls: int = 0
    role_arn: str | None = "arn:aws:iam::123456789012:role/base"
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Credentials:
        with self.lock:
            self.calls += 1
            call = self.calls
        self.before(call)
        return Credentials(
            access_key_id=f"ASIA{call:016}",
            secret_access_key=Secret(SECRET),
            session_token=Secret(SESSION),
            expires=self.now() + self.lifetime,
            account_id="123456789012",
            role_arn=self.role_arn,
        )


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, str]:
        parsed: dict[str, str] = json.loads(self.body)
        return parsed


@dataclass
class Running:
    """A server under test, seen from outside."""

    port: int
    admission: Admission
    reports: list[BaseException]
    loop: asyncio.AbstractEventLoop

    def ask(self, path: str = "/", *, method: str = "GET", headers: dict[str, str] | None = None) -> Reply:
        """Ask on a connection of its own; Host is right unless given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in ({"Host": f"127.0.0.1:{self.port}"} | (headers or {})).items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def send(self, raw: bytes) -> bytes:
        """Send bytes as they are, and read until the server closes or falls silent."""
        with self.connect() as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except (ConnectionResetError, TimeoutError):
        pass
    return received


@contextmanager
def running(
    make: Callable[[], Application],
    *,
    is_owner: PeerCheck | None = None,
    limit: int = 512,
    log: AccessLog | None = None,
    hop_limit: int | None = None,
    address: str = "127.0.0.1",
) -> Iterator[Running]:
    """Serve what *make* gives, from a thread, until the block ends."""
    listener = as_socket(listen(address))
    port: int = listener.getsockname()[1]
    reports: list[BaseException] = []
    admission = Admission(is_owner=is_owner or any_peer, report=reports.append, limit=limit, log=log)
    started = threading.Event()
    box: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    failures: list[BaseException] = []

    async def main() -> None:
        stop = asyncio.Event()
        box.append((asyncio.get_running_loop(), stop))
        application = make()
        service = Service(application=application, admission=admission, listener=listener, hop_limit=hop_limit)
        try:
            await serve(service, stop, ready=started.set)
        finally:
            application.close()  # type: ignore[attr-defined]  # both of ours can

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as exc:  # noqa: BLE001 - shown by the test
            failures.append(exc)
            started.set()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait(10)
    try:
        assert not failures, failures
        yield Running(port, admission, reports, box[0][0])
    finally:
        loop, stop = box[0]
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        assert not thread.is_alive(), "the server does not end"
    assert not failures, failures


def ecs(
    fetch: Fetch,
    now: Callable[[], datetime],
    *,
    profiles: tuple[str, ...] = ("dev",),
    allow: tuple[str, ...] = (),
    fetch_role: Callable[[str], Credentials] | None = None,
    patience: float = 5,
    limit: float = 5,
    role_limit: int = 32,
) -> Callable[[], EcsApplication]:
    """Make the container endpoint, inside its loop."""

    def source(one: Fetch) -> CredentialSource:
        return CredentialSource(in_thread(one), ecs_answer, now=now, patience=patience, limit=limit)

    def role(arn: str) -> CredentialSource:
        assert fetch_role is not None
        return source(lambda: fetch_role(arn))

    return lambda: EcsApplication(
        token=Secret(TOKEN),
        profiles={name: source(fetch) for name in profiles},
        allowed_roles=RolePatterns(allow),
        roles=RoleSources(role, limit=role_limit),
    )


def imds(fetch: Fetch, now: Callable[[], datetime], *, allow_v1: bool = False) -> Callable[[], ImdsApplication]:
    """Make the metadata service, inside its loop."""

    def make() -> ImdsApplication:
        source = CredentialSource(in_thread(fetch), imds_answer, now=now, patience=5)
        return ImdsApplication(source, region="eu-west-1", account_id="123456789012", allow_v1=allow_v1, now=now)

    return make


def own_uid() -> PeerCheck:
    check = owner_check(uid=os.getuid())
    assert check is not None
    return check


def authorised(**more: str) -> dict[str, str]:
    return {"Authorization": TOKEN, **more}
