"""The redirect receiver, attacked over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from pyvault.codegrant import loopback
from pyvault.codegrant.loopback import RedirectReceiver
from pyvault.errors import AwsError, CredentialsError
from pyvault.secret import Secret

STATE = "the-state"


def redeem(receiver: RedirectReceiver, *, succeeded: bool = True) -> threading.Thread:
    """Do what a sign-in does: take the code to AWS, and say how that went."""

    def wait() -> None:
        with contextlib.suppress(AwsError, CredentialsError):
            receiver.wait(20)
            receiver.finish(succeeded=succeeded)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.fixture
def receiver() -> Iterator[RedirectReceiver]:
    with RedirectReceiver(Secret(STATE)) as receiver:
        redeem(receiver)
        yield receiver


def ask(
    receiver: RedirectReceiver,
    fields: dict[str, str] | str,
    *,
    method: str = "GET",
    path: str = loopback.PATH,
    headers: dict[str, str] | None = None,
) -> http.client.HTTPResponse:
    query = fields if isinstance(fields, str) else urlencode(fields)
    host, port = receiver.authority.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        connection.request(method, f"{path}?{query}", headers={"Host": receiver.authority} | (headers or {}))
        response = connection.getresponse()
        response.read()
        return response
    finally:
        connection.close()


def test_the_genuine_redirect_gives_the_code(receiver: RedirectReceiver) -> None:
    assert receiver.redirect_uri == f"http://{receiver.authority}/oauth/callback"
    assert ask(receiver, {"code": "abc", "state": STATE}).status == 200
    assert receiver.wait(10) == Secret("abc")


def test_the_page_loads_nothing_and_is_not_kept(receiver: RedirectReceiver) -> None:
    host, port = receiver.authority.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("GET", f"/oauth/callback?code=abc&state={STATE}")
    response = connection.getresponse()
    page = response.read().decode()
    connection.close()
    assert "close this window" in page
    assert "://" not in page
    assert "<script" not in page
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"


ATTACKS: list[tuple[str, dict[str, object]]] = [
    ("no state", {"fields": {"code": "evil"}}),
    ("a guessed state", {"fields": {"code": "evil", "state": "guess"}}),
    ("an empty state", {"fields": {"code": "evil", "state": ""}}),
    ("a state that is not ASCII", {"fields": {"code": "evil", "state": "ä"}}),
    ("a state that is not UTF-8", {"fields": "code=evil&state=%ff"}),
    ("two states, one of them right", {"fields": f"code=evil&state={STATE}&state=x"}),
    ("two codes", {"fields": f"code=evil&code=other&state={STATE}"}),
    ("neither code nor error", {"fields": {"state": STATE}}),
    ("code and error", {"fields": {"state": STATE, "code": "evil", "error": "x"}}),
    ("an endless code", {"fields": {"state": STATE, "code": "e" * 9000}}),
    ("too many fields", {"fields": f"code=evil&state={STATE}&" + "&".join(f"a{n}=1" for n in range(20))}),
    ("an error with a guessed state", {"fields": {"error": "access_denied", "state": "guess"}}),
    ("another path", {"fields": {"code": "evil", "state": STATE}, "path": "/"}),
    ("a path that begins alike", {"fields": {"code": "evil", "state": STATE}, "path": "/oauth/callback/x"}),
    ("an absolute address", {"fields": {"code": "evil", "state": STATE}, "path": "http://evil.example/oauth/callback"}),
    ("a rebound name", {"fields": {"code": "evil", "state": STATE}, "headers": {"Host": "evil.example"}}),
    ("a rebound name with the port", {"fields": {"code": "evil", "state": STATE}, "headers": {"Host": "localhost:1"}}),
    ("a script's fetch", {"fields": {"code": "evil", "state": STATE}, "headers": {"Sec-Fetch-Mode": "no-cors"}}),
    ("a form's POST", {"fields": {"code": "evil", "state": STATE}, "method": "POST"}),
    ("a preflight", {"fields": {"code": "evil", "state": STATE}, "method": "OPTIONS"}),
]


@pytest.mark.parametrize(("attack", "request_"), ATTACKS, ids=[name for name, _ in ATTACKS])
def test_an_attack_is_refused_and_does_not_end_the_sign_in(
    receiver: RedirectReceiver, attack: str, request_: dict[str, object]
) -> None:
    assert ask(receiver, **request_).status >= 400  # type: ignore[arg-type]  # the table's rows are the keywords
    assert ask(receiver, {"code": "good", "state": STATE}).status == 200
    assert receiver.wait(10) == Secret("good")


def test_two_host_headers_are_refused(receiver: RedirectReceiver) -> None:
    host, port = receiver.authority.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        request = (
            f"GET /oauth/callback?code=evil&state={STATE} HTTP/1.1\r\n"
            f"Host: {receiver.authority}\r\nHost: evil.example\r\n\r\n"
        )
        raw.sendall(request.encode())
        assert raw.recv(4096).startswith(b"HTTP/1.0 403")


def test_a_second_redirect_with_the_right_state_comes_too_late(receiver: RedirectReceiver) -> None:
    assert ask(receiver, {"code": "first", "state": STATE}).status == 200
    assert ask(receiver, {"code": "second", "state": STATE}).status == 410
    assert receiver.wait(10) == Secret("first")


def test_of_many_redirects_at_once_one_wins(receiver: RedirectReceiver) -> None:
    statuses: list[int] = []

    def send(number: int) -> None:
        statuses.append(ask(receiver, {"code": f"code{number}", "state": STATE}).status)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [410] * 11


def test_clients_that_say_nothing_do_not_keep_the_redirect_out(receiver: RedirectReceiver) -> None:
    host, port = receiver.authority.split(":")
    silent = [socket.create_connection((host, int(port)), timeout=10) for _ in range(loopback.MOST_CONNECTIONS - 1)]
    try:
        assert ask(receiver, {"code": "good", "state": STATE}).status == 200
        assert receiver.wait(10) == Secret("good")
    finally:
        for connection in silent:
            connection.close()


def test_clients_that_drip_do_not_keep_the_redirect_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "CONNECTION_SECONDS", 0.3)
    with RedirectReceiver(Secret(STATE)) as receiver:
        redeem(receiver)
        host, port = receiver.authority.split(":")
        crowd = [socket.create_connection((host, int(port)), timeout=10) for _ in range(loopback.MOST_CONNECTIONS)]
        stopped = threading.Event()

        def drip() -> None:
            while not stopped.wait(0.05):
                for connection in crowd:
                    with contextlib.suppress(OSError):
                        connection.send(b"G")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert ask(receiver, {"code": "good", "state": STATE}).status == 200
            assert receiver.wait(10) == Secret("good")
        finally:
            stopped.set()
            dripping.join()
            for connection in crowd:
                connection.close()


def test_a_denial_is_aws_saying_no(receiver: RedirectReceiver) -> None:
    ask(receiver, {"error": "access_denied", "error_description": "no", "state": STATE})
    with pytest.raises(AwsError) as caught:
        receiver.wait(10)
    assert caught.value.code == "access_denied"


def test_an_error_can_not_write_on_the_terminal(receiver: RedirectReceiver) -> None:
    ask(receiver, {"error": "\x1b]0;owned\u202e\x07", "state": STATE})
    with pytest.raises(AwsError) as caught:
        receiver.wait(10)
    assert caught.value.code == "0owned"
    assert "\x1b" not in str(caught.value)


def test_nobody_comes(receiver: RedirectReceiver) -> None:
    with pytest.raises(CredentialsError) as caught:
        receiver.wait(0.01)
    assert caught.value.hint == "sign in from another machine with --device"


def test_the_port_is_closed_afterwards() -> None:
    with RedirectReceiver(Secret(STATE)) as receiver:
        host, port = receiver.authority.split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)


def page_of(receiver: RedirectReceiver, code: str = "good") -> str:
    with contextlib.closing(http.client.HTTPConnection(*receiver.authority.split(":"), timeout=20)) as connection:
        connection.request("GET", f"{loopback.PATH}?code={code}&state={STATE}", headers={"Host": receiver.authority})
        return connection.getresponse().read().decode()


@pytest.mark.parametrize(("succeeded", "title"), [(True, "<h1>Signed in</h1>"), (False, "<h1>Not signed in</h1>")])
def test_the_page_says_how_it_ended_once_aws_has_answered(succeeded: bool, title: str) -> None:
    with RedirectReceiver(Secret(STATE)) as receiver:
        pages: list[str] = []
        browser = threading.Thread(target=lambda: pages.append(page_of(receiver)))
        browser.start()
        receiver.wait(10)
        assert pages == []  # the code alone is no sign-in
        receiver.finish(succeeded=succeeded)
        browser.join(10)
        assert title in pages[0]


def test_a_second_window_is_told_that_it_is_over(receiver: RedirectReceiver) -> None:
    assert "<h1>Signed in</h1>" in page_of(receiver)
    assert "<h1>Already signed in</h1>" in page_of(receiver, "other")


#: Sends the genuine redirect as another user would who has seen the link; prints the status.
STRANGER = """\
import os, socket, sys
authority, target, uid = sys.argv[1:]
host, port = authority.split(":")
os.setgid(4711); os.setuid(int(uid))  # after the imports: this user may not read them
connection = socket.socket()  # whose it is, the kernel decides here
connection.connect((host, int(port)))
connection.sendall(f"GET {target} HTTP/1.0\\r\\nHost: {authority}\\r\\n\\r\\n".encode())
print(connection.recv(100).split()[1].decode())
"""


def as_user(receiver: RedirectReceiver, uid: int, code: str) -> str:
    address = f"{loopback.PATH}?code={code}&state={STATE}"
    words = [sys.executable, "-S", "-c", STRANGER, receiver.authority, address, str(uid)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="becomes another user")
def test_another_user_who_has_seen_the_link_is_refused_and_ends_nothing(receiver: RedirectReceiver) -> None:
    assert as_user(receiver, 4711, "evil") == "403"
    assert as_user(receiver, 0, "good") == "200"
    assert receiver.wait(10) == Secret("good")


#: Makes a receiver in a network namespace without 127.0.0.1, or one whose only port is taken.
NO_PORT = """\
import socket, subprocess, sys
from pathlib import Path
from pyvault.secret import Secret
from pyvault.codegrant.loopback import PortUnavailableError, RedirectReceiver
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
if sys.argv[1] == "no address":
    subprocess.run(["ip", "addr", "del", "127.0.0.1/8", "dev", "lo"], check=True)
else:
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("40000 40000")
    taken = socket.socket(); taken.bind(("127.0.0.1", 40000)); taken.listen()
try:
    RedirectReceiver(Secret("state"))
except PortUnavailableError as problem:
    print(problem.message)
"""


@pytest.mark.peer("unshare", "ip")
@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="makes a network namespace")
@pytest.mark.parametrize(
    ("case", "why"), [("no address", "cannot assign requested address"), ("no port", "address already in use")]
)
def test_a_machine_without_a_free_port_is_told_of(case: str, why: str) -> None:
    words = ["unshare", "-n", sys.executable, "-c", NO_PORT, case]
    assert (
        subprocess.run(words, capture_output=True, text=True, check=True).stdout
        == f"can't listen on 127.0.0.1: {why}\n"
    )
