"""What others may try: none of it gets a credential, none of it stops the service."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.process.peer import owner_by_netlink, owner_by_table, owner_check
from pyvault.server.http.access_log import make_access_log
from server.serving import (
    SECRET,
    SESSION,
    TOKEN,
    MovedClock,
    ObedientFetch,
    Running,
    authorised,
    ecs,
    imds,
    own_uid,
    read_all,
    running,
)
from server.wire import Wire

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells the peer's owner on Linux only")
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")


@pytest.fixture(params=["container", "metadata"])
def server(request: pytest.FixtureRequest, clock: MovedClock) -> Iterator[Running]:
    """Each of the two servers, version 1 allowed so that no token stands before the other checks."""
    fetch = ObedientFetch(now=clock)
    make = ecs(fetch, clock) if request.param == "container" else imds(fetch, clock, allow_v1=True)
    with running(make) as one:  # type: ignore[arg-type]  # both are applications
        yield one
        assert not one.reports, one.reports


def credential_path(server: Running) -> str:
    return (
        "/" if server.ask("/healthz").status == 200 else "/latest/meta-data/iam/security-credentials/local-credentials"
    )


def is_secret_free(answer: bytes) -> bool:
    return SECRET.encode() not in answer and SESSION.encode() not in answer


def assert_serves(server: Running) -> None:
    assert server.ask(credential_path(server), headers=authorised()).status == 200


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "http://evil.example"},
        {"origin": "null"},
        {"Referer": "http://127.0.0.1/"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Mode": "no-cors"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-FORWARDED-HOST": "127.0.0.1"},
        {"X-Forwarded-Anything": ""},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"X-Real-IP": "127.0.0.1"},
        {"X-Client-IP": "127.0.0.1"},
        {"X-Cluster-Client-IP": "127.0.0.1"},
        {"X-Forwarded": "for=127.0.0.1"},
        {"X-Original-Host": "127.0.0.1"},
        {"CF-Connecting-IP": "127.0.0.1"},
        {"cf-ray": "230b030023ae2822-SJC"},
        {"True-Client-IP": "127.0.0.1"},
        {"Fastly-Client-IP": "127.0.0.1"},
        {"CDN-Loop": "cloudflare"},
        {"Max-Forwards": "10"},
        {"Proxy-Authorization": "Basic eA=="},
        {"Access-Control-Request-Method": "GET"},
    ],
)
def test_a_browser_or_a_proxy_asks_for_somebody_else(server: Running, header: dict[str, str]) -> None:
    reply = server.ask(credential_path(server), headers=authorised(**header))
    assert reply.status == 403
    assert is_secret_free(reply.body)
    assert_serves(server)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", "0.0.0.0:{port}",
     "127.0.0.1:{port}@evil.example", "127.0.0.1:{port},evil.example", "[::ffff:127.0.0.1]:{port}", "", "2130706433:{port}"],
)  # fmt: skip
def test_a_name_that_was_rebound_to_this_machine(server: Running, host: str) -> None:
    path = credential_path(server)
    reply = server.ask(path, headers=authorised(Host=host.format(port=server.port)))
    assert reply.status == 403
    assert is_secret_free(reply.body)


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}", "[::1]:{port}"])
def test_the_names_of_this_machine(server: Running, host: str) -> None:
    path = credential_path(server)
    assert server.ask(path, headers=authorised(Host=host.format(port=server.port))).status == 200


@pytest.mark.parametrize(
    "path",
    ["//", "/.", "/./", "/../", "/%2e%2e/", "/%2f", "/?", "/?x=1", "/#", "/;a=b", "\\", "/\\", "/%00", "/ /", "*",
     "http://127.0.0.1/", "http://169.254.169.254/", "/profile/", "/profile/dev/", "/profile/dev/..", "/profile/../",
     "/profile/%64ev", "/profile//dev", "/role-arn/", "/role-arn/../", "/healthz/", "/HEALTHZ", "/latest/meta-data/iam/../iam/",
     "/latest//meta-data/iam/security-credentials/local-credentials",
     "/latest/meta-data/iam/security-credentials/local-credentials/",
     "/latest/meta-data/iam/security-credentials/%6cocal-credentials",
     "/latest/meta-data/iam/security-credentials/local-credentials?",
     "/LATEST/meta-data/iam/security-credentials/local-credentials"],
)  # fmt: skip
def test_path_tricks(server: Running, path: str) -> None:
    raw = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: {TOKEN}\r\nConnection: close\r\n\r\n"
    answer = server.send(raw.encode())
    assert not answer.startswith(b"HTTP/1.1 200")
    assert is_secret_free(answer)
    assert_serves(server)


HEAD = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {token}\r\n"
MALFORMED = {
    "two hosts": HEAD + "Host: 127.0.0.1:{port}\r\n\r\n",
    "two tokens": HEAD + "Authorization: x\r\n\r\n",
    "no host": "GET {path} HTTP/1.1\r\nAuthorization: {token}\r\n\r\n",
    "a body": HEAD + "Content-Length: 5\r\n\r\nhello",
    "a chunked body": HEAD + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
    "length and chunks": HEAD + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "negative length": HEAD + "Content-Length: -1\r\n\r\n",
    "a space before the colon": "GET {path} HTTP/1.1\r\nHost : 127.0.0.1:{port}\r\nAuthorization: {token}\r\n\r\n",
    "a folded header": "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization:\r\n {token}\r\n\r\n",
    "a bare line feed": "GET {path} HTTP/1.1\nHost: 127.0.0.1:{port}\nAuthorization: {token}\n\n",
    "a null byte": HEAD + "X: a\x00b\r\n\r\n",
    "HTTP/0.9": "GET {path}\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an upgrade": HEAD + "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "a tunnel": "CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {token}\r\n\r\n",
    "too many headers": HEAD + "".join(f"X-{n}: y\r\n" for n in range(100)) + "\r\n",
    "too large a header": HEAD + "X: " + "y" * 20_000 + "\r\n\r\n",
    "too long a path": "GET /" + "y" * 20_000 + " HTTP/1.1\r\n\r\n",
    "a method of its own": "GETT {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {token}\r\n\r\n",
    "unfinished": HEAD,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_and_oversized_requests(server: Running, name: str) -> None:
    raw = MALFORMED[name].format(path=credential_path(server), port=server.port, token=TOKEN)
    answer = server.send(raw.encode("latin-1"))
    assert not answer.startswith(b"HTTP/1.1 200")
    assert is_secret_free(answer)
    assert_serves(server)


def test_one_byte_at_a_time_is_the_same_request(server: Running) -> None:
    raw = HEAD.format(path=credential_path(server), port=server.port, token=TOKEN) + "Connection: close\r\n\r\n"
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in raw.encode():
            client.sendall(bytes([byte]))
        assert read_all(client).startswith(b"HTTP/1.1 200")


def test_requests_behind_one_another_are_answered_in_order(server: Running) -> None:
    path = credential_path(server)
    assert_serves(server)
    good = (HEAD + "\r\n").format(path=path, port=server.port, token=TOKEN)
    bad = good.replace(path + " HTTP", "/nothing HTTP")
    answer = server.send((good + bad + good).encode())
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"404", b"200"]


def test_a_client_that_reads_nothing_costs_a_bounded_amount(server: Running) -> None:
    assert_serves(server)
    raw = (HEAD + "\r\n").format(path=credential_path(server), port=server.port, token=TOKEN).encode() * 100
    with server.connect() as client:
        client.settimeout(1)
        sent = 0
        with contextlib.suppress(TimeoutError, ConnectionError):  # held up, or thrown out
            while sent < 50_000_000:
                sent += client.send(raw)
        assert sent < 50_000_000
        assert_serves(server)


class TestSlowAndMany:
    def test_a_request_that_never_ends_is_ended(self, server: Running) -> None:
        with server.connect() as slow, server.connect() as silent:
            slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
            assert_serves(server)
            for _ in range(12):  # seconds, without waiting for them
                server.loop.call_soon_threadsafe(server.admission._tick)
            assert read_all(slow).startswith(b"HTTP/1.1 408")
            assert read_all(silent).startswith(b"HTTP/1.1 408")
        assert_serves(server)

    def test_dripping_bytes_do_not_prolong_it(self, server: Running) -> None:
        with server.connect() as slow:
            slow.sendall(b"GET / HTTP/1.1\r\n")
            for _ in range(12):
                slow.sendall(b"X: y\r\n")
                assert_serves(server)
                server.loop.call_soon_threadsafe(server.admission._tick)
            assert read_all(slow).startswith(b"HTTP/1.1 408")

    def test_an_idle_connection_is_closed_in_the_end(self, server: Running) -> None:
        with server.connect() as idle:
            idle.sendall((HEAD + "\r\n").format(path=credential_path(server), port=server.port, token=TOKEN).encode())
            assert idle.recv(65536).startswith(b"HTTP/1.1 200")
            for _ in range(80):
                server.loop.call_soon_threadsafe(server.admission._tick)
            assert read_all(idle) == b""

    @pytest.mark.parametrize("count", [1500, pytest.param(10_000, marks=pytest.mark.slow)])
    def test_idle_connections_are_bounded_and_others_served(self, server: Running, count: int) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 2000), hard))
        guest = server.connect()
        request = (HEAD + "\r\n").format(path=credential_path(server), port=server.port, token=TOKEN).encode()
        crowd: list[socket.socket] = []
        try:
            guest.sendall(request)
            assert guest.recv(65536).startswith(b"HTTP/1.1 200")
            for number in range(count):
                crowd.append(server.connect())
                if number % 250 == 0:
                    assert_serves(server)
            assert len(server.admission) <= 512
            guest.sendall(request)  # the one that was there before is still served
            assert guest.recv(65536).startswith(b"HTTP/1.1 200")
        finally:
            for one in [*crowd, guest]:
                one.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


ASK = """
import os, socket, sys
raw = bytes.fromhex(sys.argv[2])  # before, since the other user may not be able to read the codecs
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with socket.socket() as client:
    client.connect(("127.0.0.1", int(sys.argv[1])))
    client.sendall(raw)
    sys.stdout.buffer.write(client.recv(65536))
"""


@LINUX
class TestPeers:
    @pytest.fixture(params=["container", "metadata"])
    def guarded(self, request: pytest.FixtureRequest, clock: MovedClock) -> Iterator[Running]:
        fetch = ObedientFetch(now=clock)
        make = ecs(fetch, clock) if request.param == "container" else imds(fetch, clock, allow_v1=True)
        with running(make, is_owner=own_uid()) as one:  # type: ignore[arg-type]  # both are applications
            yield one

    def test_the_owner_is_served(self, guarded: Running) -> None:
        assert_serves(guarded)

    @AS_ROOT
    def test_another_user_is_refused_even_with_the_token(self, guarded: Running) -> None:
        raw = (HEAD + "\r\n").format(path=credential_path(guarded), port=guarded.port, token=TOKEN)
        other = subprocess.run(
            [sys.executable, "-I", "-c", ASK, str(guarded.port), raw.encode().hex()],
            capture_output=True, timeout=30, check=True,
        )  # fmt: skip
        assert other.stdout.startswith(b"HTTP/1.1 403")
        assert is_secret_free(other.stdout)
        assert_serves(guarded)

    @AS_ROOT
    @pytest.mark.parametrize("make", [ecs, imds], ids=["container", "metadata"])
    @pytest.mark.parametrize(("others", "status"), [((65533,), 403), ((65533, 65534), 200)])
    def test_another_user_who_is_named_is_served(
        self, clock: MovedClock, make: Callable[..., object], others: tuple[int, ...], status: int
    ) -> None:
        made = make(ObedientFetch(now=clock), clock, **({"allow_v1": True} if make is imds else {}))
        check = owner_check(uid=os.getuid(), others=others)
        with running(made, is_owner=check) as server:  # type: ignore[arg-type]  # both are applications
            raw = (HEAD + "\r\n").format(path=credential_path(server), port=server.port, token=TOKEN)
            other = subprocess.run(
                [sys.executable, "-I", "-c", ASK, str(server.port), raw.encode().hex()],
                capture_output=True, timeout=30, check=True,
            )  # fmt: skip
            assert other.stdout.startswith(b"HTTP/1.1 %d" % status)
            assert is_secret_free(other.stdout) == (status != 200)
            assert_serves(server)

    @AS_ROOT
    @pytest.mark.peer("ip", "unshare")
    def test_a_peer_in_another_network_namespace_is_refused(self) -> None:
        script = Path(__file__).with_name("foreign_namespace.py")
        seen = subprocess.run(
            ["unshare", "--net", sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
        )
        assert seen.returncode == 0, seen.stderr
        assert seen.stdout.split() == ["403", "200"] * 2, seen.stderr  # from the other namespace; from our own

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
    @pytest.mark.parametrize("find_owner", [owner_by_netlink, owner_by_table])
    def test_both_ways_to_look_agree(self, find_owner: object, address: str) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as listener:
            listener.bind((address, 0))
            listener.listen()
            with socket.socket(family) as client:
                client.connect(listener.getsockname())
                ours, peer = listener.accept()
                with ours:
                    local = ours.getsockname()[:2]
                    assert callable(find_owner)
                    assert find_owner(peer[:2], local) == os.getuid()
                    assert find_owner((address, 1), local) is None
                    client.close()
                    assert find_owner(peer[:2], local) is None  # no process holds it any more


@given(data=st.binary(max_size=600), cut=st.integers(0, 600))
def test_no_bytes_break_the_parser_or_get_a_credential(data: bytes, cut: int) -> None:
    answer = FUZZED.feed(data[:cut], data[cut:])
    assert is_secret_free(answer)


PIECES = st.sampled_from([
    b"GET ", b"HEAD ", b"PUT ", b"/", b" ", b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b"\r\n", b"\n", b"\r", b":", b"Host: 127.0.0.1:1\r\n",
    b"Authorization: x\r\n", b"Authorization:", b"Content-Length: 0\r\n", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Upgrade: h2c\r\n", b"Connection: close\r\n", b"Connection: upgrade\r\n", b"Expect: 100-continue\r\n", b"0\r\n\r\n", b"\x00", b"a" * 70,
])  # fmt: skip


@given(pieces=st.lists(PIECES | st.binary(max_size=8), max_size=40), cut=st.integers(0, 300))
def test_no_shuffled_request_gets_a_credential(pieces: list[bytes], cut: int) -> None:
    data = b"".join(pieces)
    assert is_secret_free(FUZZED.feed(data[:cut], data[cut:]))


class Fuzzed:
    """Connections without a network: what comes in, what would go out."""

    def feed(self, *chunks: bytes) -> bytes:
        import asyncio

        return asyncio.run(self._feed(chunks))

    async def _feed(self, chunks: tuple[bytes, ...]) -> bytes:
        from pyvault.server.http.admission import Admission
        from pyvault.server.http.connection import Connection

        clock = MovedClock()
        reports: list[BaseException] = []
        application = ecs(ObedientFetch(now=clock), clock)()
        application._profiles["dev"].adopt(ObedientFetch(now=clock)())
        admission = Admission(report=reports.append)
        wire = Wire()
        connection = Connection(application, admission)
        connection.connection_made(wire)  # type: ignore[arg-type]  # the part of a transport that is used
        for chunk in chunks:
            if not wire.is_closing():
                connection.data_received(chunk)
        connection.connection_lost(None)
        application.close()
        admission.close()
        assert not reports, reports
        return wire.written


FUZZED = Fuzzed()


def test_the_fuzzed_boundary_does_answer_a_right_request() -> None:
    answer = FUZZED.feed(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nAuthorization: {TOKEN}\r\n\r\n".encode())
    assert SECRET.encode() in answer  # or the two tests above could not fail


def test_the_log_holds_no_token_no_role_and_no_foreign_path(clock: MovedClock) -> None:
    lines: list[str] = []
    fetch = ObedientFetch(now=clock)
    role = "arn:aws:iam::123456789012:role/deploy"
    make = ecs(fetch, clock, allow=(role,), fetch_role=lambda _arn: fetch())
    with running(make, log=make_access_log(lines.append, server="ecs", now=clock)) as server:
        server.ask(headers=authorised())
        server.ask(f"/role-arn/{role}", headers=authorised())
        server.ask(f"/{TOKEN}", headers=authorised())
        server.ask(headers={"Authorization": "wrong-token-value"})
    log = "\n".join(lines)
    assert len(lines) == 4
    assert '"path": "/role-arn/"' in log
    assert '"status": 403' in log
    for secret in (TOKEN, "wrong-token-value", role, SECRET, SESSION):
        assert secret not in log


def test_a_fault_in_the_application_stops_one_answer_only(clock: MovedClock) -> None:
    calls = threading.Event()

    class Faulty:
        def __call__(self, _request: object) -> object:
            calls.set()
            raise ZeroDivisionError

        def close(self) -> None: ...

    with running(Faulty) as server:  # type: ignore[arg-type, return-value]  # faulty on purpose
        for _ in range(3):
            assert server.ask().status == 500
        assert [type(report) for report in server.reports] == [ZeroDivisionError] * 3
    assert calls.is_set()
