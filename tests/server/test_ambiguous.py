"""Requests that two parsers could read in two ways: refused, or read in the strict way, and nothing behind them counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from server.serving import SECRET, SESSION, TOKEN, MovedClock, ObedientFetch, Running, ecs, imds, running

CREDENTIALS = {"container": "/", "metadata": "/latest/meta-data/iam/security-credentials/local-credentials"}


class Target:
    """A server that would give the credentials to a plain request, and how to ask it in other ways."""

    def __init__(self, server: Running, path: str) -> None:
        self.server = server
        self.path = path
        self.good = self.write("GET {path} HTTP/1.1\r\n{host}{token}\r\n")

    def write(self, template: str) -> str:
        host = f"Host: 127.0.0.1:{self.server.port}\r\n"
        return template.format(path=self.path, port=self.server.port, host=host, token=f"Authorization: {TOKEN}\r\n")

    def statuses(self, raw: str) -> tuple[list[int], bytes]:
        answer = self.server.send(raw.encode("latin-1"))
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", answer)], answer


@pytest.fixture(params=["container", "metadata"])
def target(request: pytest.FixtureRequest, clock: MovedClock) -> Iterator[Target]:
    """Each server; the metadata one takes version 1, so that no token of its own stands before the parser."""
    fetch = ObedientFetch(now=clock)
    make = ecs(fetch, clock) if request.param == "container" else imds(fetch, clock, allow_v1=True)
    with running(make) as server:  # type: ignore[arg-type]  # both are applications
        found = Target(server, CREDENTIALS[request.param])
        assert found.statuses(found.good)[0] == [200]  # and no later answer waits for a fetch
        yield found
        assert found.statuses(found.good)[0] == [200]  # it serves on
        assert not server.reports, server.reports


START = "GET {path} HTTP/1.1\r\n{host}{token}"
REFUSED = {
    # the length of the body, said twice or in a strange way
    "the same length twice": START + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": START + "Content-Length: 0, 0\r\n\r\n",
    "a signed length": START + "Content-Length: +0\r\n\r\n",
    "a negative zero": START + "Content-Length: -0\r\n\r\n",
    "two zeros": START + "Content-Length: 00\r\n\r\n",
    "a hexadecimal length": START + "Content-Length: 0x0\r\n\r\n",
    "an empty length": START + "Content-Length:\r\n\r\n",
    "a length beyond 64 bits": START + "Content-Length: 18446744073709551616\r\n\r\n",
    "an unknown coding": START + "Transfer-Encoding: xchunked\r\n\r\n",
    "identity": START + "Transfer-Encoding: identity\r\n\r\n",
    "chunked, but not at last": START + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunked twice": START + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a name with an underscore": START + "Content_Length: 0\r\nContent-Length: 5\r\n\r\nhello",
    # where a header ends and the next begins
    "a fold that hides a header": "GET {path} HTTP/1.1\r\n{host}X: a\r\n {token}\r\n",
    "a fold at the token": "GET {path} HTTP/1.1\r\n{host}Authorization:\r\n\t" + TOKEN + "\r\n\r\n",
    "a fold before any header": "GET {path} HTTP/1.1\r\n {host}{token}\r\n",
    "a lone return inside": "GET {path} HTTP/1.1\r\n{host}X: a\r{token}\r\n",
    "a lone return only": "GET {path} HTTP/1.1\r{host}{token}\r",
    "a lone feed inside": "GET {path} HTTP/1.1\r\n{host}X: a\n{token}\r\n",
    "a lone feed at the end": START + "\n",
    "a null byte in a name": START + "X\0Y: 1\r\n\r\n",
    "a null byte in the path": "GET {path}\0 HTTP/1.1\r\n{host}{token}\r\n",
    "a null byte in the host": "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\0\r\n{token}\r\n",
    "a space in a name": "GET {path} HTTP/1.1\r\n{host}Authoriz ation: x\r\n{token}\r\n",
    "a tab before the colon": "GET {path} HTTP/1.1\r\nHost\t: 127.0.0.1:{port}\r\n{token}\r\n",
    "a header without a name": START + ": x\r\n\r\n",
    "a header without a colon": START + "nonsense\r\n\r\n",
    # the first line
    "a space before all": " " + START + "\r\n",
    "tabs between the words": "GET\t{path}\tHTTP/1.1\r\n{host}{token}\r\n",
    "a lower-case method": "get {path} HTTP/1.1\r\n{host}{token}\r\n",
    "a lower-case protocol": "GET {path} http/1.1\r\n{host}{token}\r\n",
    "another minor version": "GET {path} HTTP/1.2\r\n{host}{token}\r\n",
    "HTTP/2.0 in the form of 1.1": "GET {path} HTTP/2.0\r\n{host}{token}Connection: keep-alive\r\n\r\n",
    "HTTP/0.9 in the form of 1.1": "GET {path} HTTP/0.9\r\n{host}{token}\r\n",
    "another protocol": "GET {path} ICE/1.0\r\n{host}{token}\r\n",
    "our whole address as the path": "GET http://127.0.0.1:{port}{path} HTTP/1.1\r\n{host}{token}\r\n",
    "another address as the path": "GET http://evil.example{path} HTTP/1.1\r\n{host}{token}\r\n",
    "HTTP/1.0 without a host": "GET {path} HTTP/1.0\r\n{token}\r\n",
    "HTTP/0.9 and what it would ignore": "GET {path}\r\n{host}{token}\r\n",
    # methods
    "OPTIONS of all": "OPTIONS * HTTP/1.1\r\n{host}{token}\r\n",
    "TRACE": "TRACE {path} HTTP/1.1\r\n{host}{token}\r\n",
    "CONNECT to us": "CONNECT 127.0.0.1:{port} HTTP/1.1\r\n{host}{token}\r\n",
    "HTTP/2 by upgrade": START + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_ambiguous_requests_get_no_credential(target: Target, name: str) -> None:
    statuses, answer = target.statuses(target.write(REFUSED[name]))
    assert set(statuses) <= {400, 403, 404, 405, 413}
    assert SECRET.encode() not in answer
    assert SESSION.encode() not in answer
    assert TOKEN.encode() not in answer  # nothing is echoed


GOOD_AS_BODY = {
    "behind a length": "GET {path}x HTTP/1.1\r\n{host}Content-Length: 9999\r\n\r\n",
    "behind a length that is too small": "GET {path}x HTTP/1.1\r\n{host}Content-Length: 4\r\n\r\nbody",
    "inside a chunk": "POST {path} HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nfff\r\n",
    "behind the last chunk": "POST {path} HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "behind chunks with a length": (
        "POST {path} HTTP/1.1\r\n{host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "behind a trailer": (
        "GET {path} HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\n{token}\r\n"
    ),
    "behind a broken line": "GET BAD\r\n\r\n",
    "behind a tunnel": "CONNECT 127.0.0.1:{port} HTTP/1.1\r\n{host}\r\n",
    "behind an upgrade": "GET {path} HTTP/1.1\r\n{host}Connection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    "behind the words that begin HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "behind null bytes": "\0\0\0\0",
}


@pytest.mark.parametrize("name", GOOD_AS_BODY)
def test_what_stands_behind_a_refused_request_is_no_request(target: Target, name: str) -> None:
    """A proxy may have taken it for a body: whoever wrote it must not get the answer to it."""
    statuses, answer = target.statuses(target.write(GOOD_AS_BODY[name]) + target.good)
    assert statuses
    assert 200 not in statuses
    assert SECRET.encode() not in answer


def test_a_bad_request_between_good_ones_ends_the_connection(target: Target) -> None:
    statuses, answer = target.statuses(target.good + "GET BAD\r\n\r\n" + target.good)
    assert statuses == [200, 400]
    assert answer.count(SECRET.encode()) == 1
    assert b"Connection: close" in answer[answer.index(b" 400 ") :]


def test_a_refused_request_between_good_ones_has_its_own_answer(target: Target) -> None:
    foreign = "GET {path} HTTP/1.1\r\nHost: evil.example\r\n{token}\r\n"
    statuses, answer = target.statuses(target.good + target.write(foreign) + target.good)
    assert statuses == [200, 403, 200]
    assert answer.count(SECRET.encode()) == 2


@pytest.mark.parametrize(
    "host",
    ["user@127.0.0.1:{port}", "user:word@localhost:{port}", "localhost.:{port}", "127.0.0.1.:{port}", "127.0.0.1:0{port}",
     "127.0.0.1:{port}/", "127.0.0.1:{port}#", "127.0.0.1 :{port}", "127.1:{port}", "0x7f000001:{port}", "127.0.0.2:{port}",
     "[0:0:0:0:0:0:0:1]:{port}", "[::1%lo]:{port}", "localhost:{port}\xa0", "http://127.0.0.1:{port}", "127.0.0.1:{port}:{port}"],
)  # fmt: skip
def test_a_host_is_a_name_of_ours_in_one_spelling(target: Target, host: str) -> None:
    statuses, answer = target.statuses(target.write("GET {path} HTTP/1.1\r\nHost: " + host + "\r\n{token}\r\n"))
    assert statuses == [403]
    assert SECRET.encode() not in answer


ALLOWED = {
    "HTTP/1.0": ("GET {path} HTTP/1.0\r\n{host}{token}\r\n", 1),
    "HTTP/1.0 that stays": ("GET {path} HTTP/1.0\r\n{host}{token}Connection: keep-alive\r\n\r\n", 2),
    "no body, said so": (START + "Content-Length: 0\r\n\r\n", 2),
    "the last one": (START + "Connection: close\r\n\r\n", 1),
    "a client that would wait before its body": (START + "Expect: 100-continue\r\n\r\n", 2),
    "bytes of no character set": (START + "User-Agent: \xff\xfe\r\n\r\n", 2),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_real_clients_send_is_served_as_often_as_they_may_ask(target: Target, name: str) -> None:
    raw, answers = ALLOWED[name]
    statuses, _ = target.statuses(target.write(raw) * 2)
    assert statuses == [200] * answers


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("HEAD {path} HTTP/1.1\r\n{host}{token}", 200),
        ("HEAD {path} HTTP/1.1\r\nHost: evil.example\r\n{token}", 403),
        ("HEAD /nothing HTTP/1.1\r\n{host}{token}", 404),
    ],
)
def test_an_answer_to_head_has_no_body_whatever_it_is(target: Target, raw: str, status: int) -> None:
    statuses, answer = target.statuses(target.write(raw) + "Connection: close\r\n\r\n")
    assert statuses == [status]
    assert answer.endswith(b"\r\n\r\n")
    assert int(re.findall(rb"Content-Length: (\d+)", answer)[0]) > 0


@pytest.mark.parametrize(
    "name", ["Authorization_", "_Authorization", "X-Authorization", "Proxy-Authorization", "Token"]
)
def test_the_token_stands_in_one_header_only(clock: MovedClock, name: str) -> None:
    with running(ecs(ObedientFetch(now=clock), clock)) as server:
        assert server.ask(headers={name: TOKEN}).status == 403
        assert server.ask(f"/?Authorization={TOKEN}").status == 403


class TestMetadataToken:
    TTL = "X-aws-ec2-metadata-token-ttl-seconds"

    def test_asking_with_an_empty_body_is_what_some_sdks_do(self, metadata: Running) -> None:
        headers = {self.TTL: "60", "Content-Length": "0"}
        assert metadata.ask("/latest/api/token", method="PUT", headers=headers).status == 200

    @pytest.mark.parametrize(
        "headers", ["{ttl}: 60\r\n{ttl}: 60", "{ttl}: 60\r\nContent-Length: 2\r\n\r\nhi", "X_aws_ec2_metadata_token_ttl_seconds: 60"]
    )  # fmt: skip
    def test_two_times_to_live_or_a_body_get_no_token(self, metadata: Running, headers: str) -> None:
        lines = f"Host: 127.0.0.1:{metadata.port}\r\n{headers.format(ttl=self.TTL)}"
        answer = metadata.send(f"PUT /latest/api/token HTTP/1.1\r\n{lines}\r\n\r\n".encode())
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))

    @pytest.mark.parametrize(
        "path", ["/latest/api/token/", "//latest/api/token", "/latest/api/token?", "/LATEST/api/token"]
    )
    def test_there_is_one_place_for_tokens(self, metadata: Running, path: str) -> None:
        assert metadata.ask(path, method="PUT", headers={self.TTL: "60"}).status in {404, 405}

    def test_two_tokens_open_nothing(self, metadata: Running) -> None:
        token = metadata.ask("/latest/api/token", method="PUT", headers={self.TTL: "60"}).body.decode()
        line = f"X-aws-ec2-metadata-token: {token}\r\n"
        start = f"GET {CREDENTIALS['metadata']} HTTP/1.1\r\nHost: 127.0.0.1:{metadata.port}\r\n"
        assert metadata.send(f"{start}{line}{line}\r\n".encode()).startswith(b"HTTP/1.1 400")
        assert metadata.send(f"{start}{line}\r\n".encode()).startswith(b"HTTP/1.1 200")

    def test_a_token_in_the_query_is_none(self, metadata: Running) -> None:
        token = metadata.ask("/latest/api/token", method="PUT", headers={self.TTL: "60"}).body.decode()
        reply = metadata.ask(f"{CREDENTIALS['metadata']}?X-aws-ec2-metadata-token={token}")
        assert reply.status == 401
