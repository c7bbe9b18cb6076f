"""The access log says why a request was refused, in words of a closed list, and never what was sent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pyvault.errors import AwsError
from pyvault.server.http.access_log import make_access_log
from pyvault.server.http.request import REFUSED_HEADERS
from pyvault.server.http.response import RefusalReason
from server.serving import TOKEN, MovedClock, ObedientFetch, Running, ecs, imds, running

SENT = "what-was-sent"
ROLE = "arn:aws:iam::123456789012:role/what-was-sent"
GOOD = "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {token}\r\n"
LAST = "Connection: close\r\n\r\n"

ECS = {
    "a good one": (GOOD + LAST, 200, None),
    "a wrong token": (GOOD.replace("{token}", SENT) + LAST, 403, "token"),
    "no token": (GOOD.replace("Authorization", "X") + LAST, 403, "token"),
    "a foreign host": (GOOD.replace("127.0.0.1", SENT) + LAST, 403, "host"),
    "a web page": (GOOD + f"Origin: http://{SENT}\r\n" + LAST, 403, "origin"),
    "a proxy": (GOOD + f"X-Forwarded-For: {SENT}\r\n" + LAST, 403, "forwarded"),
    "another method": (GOOD.replace("GET", "DELETE") + LAST, 405, "method"),
    "an unknown path": (GOOD.replace(" / ", f" /{SENT} ") + LAST, 404, "path"),
    "a role": (GOOD.replace(" / ", f" /role-arn/{ROLE} ") + LAST, 403, "role"),
    "a header twice": (GOOD + f"Authorization: {SENT}\r\n" + LAST, 400, "malformed"),
    "no HTTP": (f"{SENT}\r\n\r\n", 400, "malformed"),
    "too much": (GOOD + f"X: {SENT * 2000}\r\n" + LAST, 431, "size"),
    "a body": (GOOD + f"Content-Length: {len(SENT)}\r\n\r\n{SENT}", 413, "body"),
}
IMDS = {
    "no token": ("GET /latest/meta-data/iam/info HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n" + LAST, 401, "token"),
    "no time to live": ("PUT /latest/api/token HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n" + LAST, 400, "malformed"),
    "reading a token": ("GET /latest/api/token HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n" + LAST, 405, "method"),
    "a proxy": (
        "PUT /latest/api/token HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n" + f"X-Forwarded-For: {SENT}\r\n" + LAST,
        403,
        "forwarded",
    ),
}


def logged(lines: list[str]) -> dict[str, str | int | None]:
    """Give the one line that is there, or soon will be: the answer is sent after it, the end of a silent client not."""
    until = time.monotonic() + 10
    while not lines and time.monotonic() < until:
        time.sleep(0.01)
    (line,) = lines
    found: dict[str, str | int | None] = json.loads(line)
    return found


@pytest.mark.parametrize("case", ECS)
def test_the_container_endpoint_logs_why(clock: MovedClock, fetch: ObedientFetch, case: str) -> None:
    raw, status, reason = ECS[case]
    lines: list[str] = []
    with running(ecs(fetch, clock), log=make_access_log(lines.append, server="ecs", now=clock)) as server:
        answer = server.send(raw.format(port=server.port, token=TOKEN).encode())
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert (logged(lines)["status"], logged(lines)["reason"]) == (status, reason)
    assert SENT not in lines[0]


@pytest.mark.parametrize("case", IMDS)
def test_the_metadata_service_logs_why(clock: MovedClock, fetch: ObedientFetch, case: str) -> None:
    raw, status, reason = IMDS[case]
    lines: list[str] = []
    with running(imds(fetch, clock), log=make_access_log(lines.append, server="imds", now=clock)) as server:
        server.send(raw.format(port=server.port).encode())
    assert (logged(lines)["status"], logged(lines)["reason"]) == (status, reason)
    assert SENT not in lines[0]


def test_a_foreign_peer_is_logged_and_what_it_asked_is_not(clock: MovedClock, fetch: ObedientFetch) -> None:
    lines: list[str] = []
    log = make_access_log(lines.append, server="ecs", now=clock)
    with running(ecs(fetch, clock), log=log, is_owner=lambda _transport: False) as server:
        server.ask(f"/{SENT}")
    line = logged(lines)
    assert (line["status"], line["reason"], line["method"], line["path"]) == (403, "peer", None, None)


def test_a_request_that_never_ends_is_logged_once(clock: MovedClock, fetch: ObedientFetch) -> None:
    lines: list[str] = []
    with running(ecs(fetch, clock), log=make_access_log(lines.append, server="ecs", now=clock)) as server:
        with server.connect() as slow:
            slow.sendall(f"GET /{SENT}".encode())
            wait_until(lambda: len(server.admission) == 1)
            for _ in range(30):  # seconds, without waiting for them
                server.loop.call_soon_threadsafe(server.admission._tick)
            assert slow.recv(100).startswith(b"HTTP/1.1 408")
        assert (logged(lines)["status"], logged(lines)["reason"]) == (408, "slow")


def test_a_failed_fetch_is_logged_with_its_path(clock: MovedClock, fetch: ObedientFetch) -> None:
    def fail(_call: int) -> None:
        raise AwsError("sts refuses", code="AccessDenied")

    fetch.before = fail
    lines: list[str] = []
    with running(ecs(fetch, clock), log=make_access_log(lines.append, server="ecs", now=clock)) as server:
        ask_once(server)
    line = logged(lines)
    assert (line["status"], line["reason"], line["path"]) == (503, "fetch", "/")


def test_every_word_of_the_list_is_explained_to_users() -> None:
    explained = (Path(__file__).parents[2] / "docs" / "servers.md").read_text(encoding="utf-8")
    assert [word for word in RefusalReason if f"| `{word}` |" not in explained] == []


def test_a_relayed_request_is_one_of_a_browser_or_one_of_a_proxy() -> None:
    assert set(REFUSED_HEADERS.values()) == {RefusalReason.ORIGIN, RefusalReason.FORWARDED}


def ask_once(server: Running) -> None:
    assert server.ask(headers={"Authorization": TOKEN}).status == 503


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
