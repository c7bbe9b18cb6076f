"""Targets: what listens on a port and takes whatever comes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from fuzz.target import Target
from pyvault.codegrant.loopback import RedirectReceiver
from pyvault.secret import Secret
from pyvault.server.endpoints.ecs import EcsApplication, ecs_answer
from pyvault.server.endpoints.imds import ImdsApplication, imds_answer
from pyvault.server.endpoints.refreshing_source import CredentialSource
from pyvault.server.endpoints.roles import RolePatterns, RoleSources
from pyvault.server.http.admission import Admission
from pyvault.server.http.connection import Application, Connection
from pyvault.server.processes.threaded_server import in_thread
from server.serving import SECRET, SESSION, TOKEN, MovedClock, ObedientFetch
from server.wire import Wire

HOST = b"Host: 127.0.0.1:1\r\n"
AUTHORISED = b"Authorization: " + TOKEN.encode() + b"\r\n"
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
ROLE = b"/latest/meta-data/iam/security-credentials/"
STATE = "the-state-of-this-sign-in"

REQUESTS = (
    b"GET / HTTP/1.1\r\n" + HOST + AUTHORISED + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"Authorization: wrong\r\n\r\n",
    b"HEAD /dev HTTP/1.0\r\n" + HOST + AUTHORISED + b"Connection: keep-alive\r\n\r\n",
    (b"GET / HTTP/1.1\r\n" + HOST + AUTHORISED + b"\r\n") * 3,
    b"GET /role-arn/arn:aws:iam::123456789012:role/x HTTP/1.1\r\n" + HOST + AUTHORISED + b"\r\n",
    b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\nGET / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"Upgrade: h2c\r\nConnection: upgrade\r\nExpect: 100-continue\r\n\r\n",
    b"PUT /latest/api/token HTTP/1.1\r\n" + HOST + b"X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n\r\n",
    b"GET " + ROLE + b"local-credentials HTTP/1.1\r\n" + HOST + b"X-aws-ec2-metadata-token: AAAA\r\n\r\n",
    b"GET " + ROLE + b" HTTP/1.1\r\n" + HOST + b"X-Forwarded-For: 1.2.3.4\r\nOrigin: http://x\r\n\r\n",
    b"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: localhost:1\r\nhost: x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)


class PrivilegedListener:
    """One application behind connections without a network; every input is one connection."""

    def __init__(self, make: Callable[[], Application]) -> None:
        self._loop = asyncio.new_event_loop()
        self._make = make
        self._made: Application | None = None  # inside the loop

    def take(self, data: bytes) -> bytes:
        """Feed a connection: the first byte says where its bytes are cut in two; gives what would go out."""
        whole = self._loop.run_until_complete(self._feed([data[1:]]))
        cut = data[0] * len(data) // 256 if data else 0
        parts = self._loop.run_until_complete(self._feed([data[1:cut], data[max(cut, 1) :]]))
        assert STATUS.findall(whole) == STATUS.findall(parts), "how packets fall must not matter"
        assert not [status for status in STATUS.findall(whole) if status.startswith(b"5")]
        return whole

    async def _feed(self, chunks: list[bytes]) -> bytes:
        reports: list[BaseException] = []
        self._made = self._made or self._make()
        admission = Admission(report=reports.append)
        connection, wire = Connection(self._made, admission), Wire()
        connection.connection_made(wire)  # type: ignore[arg-type]  # the part of a transport that is used
        for chunk in chunks:
            if chunk and not wire.is_closing():
                connection.data_received(chunk)
        connection.connection_lost(None)
        admission.close()
        if reports:
            raise reports[0]
        return wire.written


def _source(prepare: Callable[..., object]) -> CredentialSource:
    fetch = ObedientFetch(now=MovedClock())
    source = CredentialSource(in_thread(fetch), prepare, now=fetch.now)  # type: ignore[arg-type]  # one of ours
    source.adopt(fetch())
    return source


def _ecs() -> EcsApplication:
    roles = RoleSources(lambda _arn: _source(ecs_answer), limit=1)
    profiles = {"dev": _source(ecs_answer)}
    return EcsApplication(token=Secret(TOKEN), profiles=profiles, allowed_roles=RolePatterns(()), roles=roles)


def _imds(*, allow_v1: bool) -> Callable[[], ImdsApplication]:
    now = MovedClock()
    return lambda: ImdsApplication(
        _source(imds_answer), region="eu-west-1", account_id="123456789012", allow_v1=allow_v1, now=now
    )


ECS, IMDS, IMDS_V1 = (
    PrivilegedListener(_ecs),
    PrivilegedListener(_imds(allow_v1=False)),
    PrivilegedListener(_imds(allow_v1=True)),
)


def _gives_a_secret(answer: bytes) -> bool:
    return SECRET.encode() in answer or SESSION.encode() in answer


def _statuses(answer: bytes) -> str:
    return " ".join(status.decode() for status in STATUS.findall(answer))


def take_ecs(data: bytes) -> str:
    answer = ECS.take(data)
    assert not _gives_a_secret(answer) or TOKEN.encode() in data
    return _statuses(answer)


def take_imds(data: bytes) -> str:
    assert not _gives_a_secret(IMDS.take(data)), "only who has asked for a token gets anything"
    answer = IMDS_V1.take(data)
    assert not _gives_a_secret(answer) or ROLE in data
    return _statuses(answer)


def take_redirect(data: bytes) -> str:
    with_state = f"state={STATE}" in data.decode("latin-1")
    receiver = RedirectReceiver(Secret(STATE))
    try:
        status, _page = receiver.accept(data.decode("latin-1"))
    except ValueError:  # more fields than a redirect has; its caller answers 400
        return "too many fields"
    finally:
        receiver._server.server_close()
    assert status != 200 or with_state or b"%" in data or b"+" in data or b";" in data
    return str(status.value)


HEADERS = tuple(bytes([cut]) + request for request in REQUESTS for cut in (0, 100))
TARGETS = (
    Target(name="http-ecs", run=take_ecs, seeds=HEADERS),
    Target(name="http-imds", run=take_imds, seeds=HEADERS),
    Target(
        name="redirect",
        run=take_redirect,
        seeds=(
            f"code=abc&state={STATE}".encode(),
            f"error=access_denied&state={STATE}".encode(),
            f"code=a&code=b&state={STATE}".encode(),
            b"code=%ff%00&state=%C3%A9" + b"&a=1" * 11,
        ),
    ),
)
