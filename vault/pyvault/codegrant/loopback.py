"""Receive the redirect of a sign-in on a port of this machine.

The port is open to every local program and, through any page in the person's
browser, to the whole web. So: one address, one path, GET, the exact Host (a
rebound DNS name shows itself there), and the state that only the real redirect
knows. Where the kernel tells (Linux), another user of the machine is refused, who
may have seen the state somewhere; root and unknown are not, as the relays of WSL and
of containers look so: there, state and PKCE decide. Whatever fails is answered and
*ignored*: a hostile page must not be able to end the sign-in either. The first good
request wins, and is answered when AWS has given the token; the page loads nothing.

Source: RFC 8252 sections 7.3 and 8.3; RFC 6749 sections 4.1.2 and 10.12.
"""

from __future__ import annotations

import hmac
import os
import re
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import parse_qs, urlsplit

from pyvault.errors import AwsError, CredentialsError, PyvaultError
from pyvault.process.peer import owner_lookup
from pyvault.secret import Secret

if TYPE_CHECKING:
    from socket import socket
    from types import TracebackType

    Connection = socket | tuple[bytes, socket]  # what socketserver passes through

HOST = "127.0.0.1"  # never a name: RFC 8252 section 8.3 advises against localhost
PATH = "/oauth/callback"
CONNECTION_SECONDS = 5.0  # the life of a connection, whatever it does; of all but the genuine one
OUTCOME_SECONDS = 60.0  # how long the genuine one waits for AWS's token; a call has 30
PAGE_SECONDS = 2.0  # how long the end of the sign-in waits for its page to be sent
MOST_CONNECTIONS = 16  # at once; a browser uses one or two
LONGEST_CODE = 8192

DONE_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>pyvault</title>
<body style="font-family: sans-serif; margin: 4em auto; max-width: 30em">
<h1>Signed in</h1><p>pyvault has what it needs. You can close this window.</p></body></html>
"""
FAILED_PAGE = DONE_PAGE.replace(b"Signed in", b"Not signed in").replace(
    b"pyvault has what it needs. ", b"The sign-in was refused. The terminal says more. "
)
AGAIN_PAGE = DONE_PAGE.replace(b"Signed in", b"Already signed in").replace(
    b"pyvault has what it needs. ", b"Another window has answered before this one. "
)

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the code is in the address
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}


class RedirectReceiver:
    """Listen on a random loopback port for one redirect; a context manager.

    Args:
        state: what the genuine redirect carries.
        elsewhere: how to sign in with a browser on another machine, for the hint.

    Raises:
        PortUnavailableError: this machine gives no port on 127.0.0.1.
    """

    def __init__(self, state: Secret[str], *, elsewhere: str = "sign in from another machine with --device") -> None:
        self._state = state
        self._elsewhere = elsewhere
        self._arrived = threading.Event()
        self._lock = threading.Lock()
        self._code: Secret[str] | None = None
        self._refusal: str | None = None
        self._ended = threading.Event()
        self._page_sent = threading.Event()
        self._succeeded = False
        self._server = _listen(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def authority(self) -> str:
        """Host and port as a browser writes them in ``Host``."""
        return f"{HOST}:{self._server.server_port}"

    @property
    def redirect_uri(self) -> str:
        """The address to give to AWS."""
        return f"http://{self.authority}{PATH}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self, seconds: float) -> Secret[str]:
        """Wait for the authorization code.

        Raises:
            CredentialsError: no redirect came within *seconds*.
            AwsError: the person denied it (code ``access_denied``), or AWS did.
        """
        if not self._arrived.wait(seconds):
            raise CredentialsError(
                f"no browser came back within {seconds:.0f} s",
                hint=self._elsewhere,
            )
        if self._code is not None:
            return self._code
        raise AwsError(f"the sign-in was refused in the browser with {self._refusal!r}", code=self._refusal or "")

    def finish(self, *, succeeded: bool) -> None:
        """Let the person's window say how it ended; waits a moment until it has."""
        self._succeeded = succeeded
        self._ended.set()
        self._page_sent.wait(PAGE_SECONDS)

    def outcome(self) -> bytes:
        """Wait for the end of the sign-in and return the page for it."""
        self._ended.wait(OUTCOME_SECONDS)
        return DONE_PAGE if self._succeeded else FAILED_PAGE

    def page_sent(self) -> None:
        """Note that the genuine window has its page."""
        self._page_sent.set()

    def accept(self, query: str) -> tuple[HTTPStatus, bytes | None]:
        """Take the redirect's query if it is genuine; the first one only.

        Returns:
            The status and the page; no page where the end of the sign-in decides which one it is.
        """
        fields = parse_qs(query, max_num_fields=10, errors="replace")
        # A parameter given twice is nobody's honest redirect (RFC 6749, section 3.1).
        if any(len(values) > 1 for values in fields.values()):
            return HTTPStatus.BAD_REQUEST, FAILED_PAGE
        state = fields.get("state", [""])[0]
        if not hmac.compare_digest(state.encode("utf-8", "replace"), self._state.reveal().encode()):
            return HTTPStatus.FORBIDDEN, FAILED_PAGE
        code, refusal = fields.get("code", [""])[0], fields.get("error", [""])[0]
        if bool(code) == bool(refusal) or len(code) > LONGEST_CODE:
            return HTTPStatus.BAD_REQUEST, FAILED_PAGE
        with self._lock:
            if self._arrived.is_set():
                return HTTPStatus.GONE, AGAIN_PAGE
            if refusal:
                # AWS's short code and nothing else: the rest could repaint a terminal.
                self._refusal = "".join(re.findall("[A-Za-z0-9_]", refusal[:64]))
            else:
                self._code = Secret(code)
            self._arrived.set()
        return HTTPStatus.OK, FAILED_PAGE if refusal else None


class PortUnavailableError(PyvaultError):
    """No port of 127.0.0.1 can be listened on.

    Attributes:
        reason: why, in the system's words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"can't listen on 127.0.0.1: {reason}", hint="'pyvault sso login --device' needs no port")
        self.reason = reason


def _listen(receiver: RedirectReceiver) -> _Server:
    try:
        return _Server((HOST, 0), _Handler, receiver)
    except OSError as exc:  # no such address in this network namespace, or no port is free
        raise PortUnavailableError((exc.strerror or type(exc).__name__).lower()) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False  # nobody shares this port, before or after us

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], receiver: RedirectReceiver
    ) -> None:
        super().__init__(address, handler)
        self.receiver = receiver
        self._find_owner = owner_lookup() if sys.platform == "linux" else None
        self._cuts: dict[int, threading.Timer] = {}  # by the id of the connection, whose number the next one may get
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Connection, client_address: tuple[str, int]) -> None:
        # Waiting here leaves further connections in the kernel's backlog instead of in threads.
        # Twice the life of a connection: by then every one that was there before is cut.
        if self._slots.acquire(timeout=2 * CONNECTION_SECONDS):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Connection, client_address: tuple[str, int]) -> None:
        # A time-out per read is not enough: a byte now and then would keep the thread for ever.
        cut = threading.Timer(CONNECTION_SECONDS, _cut, (request,))
        cut.daemon = True
        self._cuts[id(request)] = cut
        cut.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            cut.cancel()
            del self._cuts[id(request)]
            self._slots.release()

    def keep(self, connection: socket) -> None:
        """Let the connection of the genuine redirect live until it has its page."""
        self._cuts[id(connection)].cancel()

    def is_from_another_user(self, connection: socket) -> bool:
        """Return whether the peer is known to be another user than this one and root."""
        if self._find_owner is None:
            return False
        with suppress(OSError):
            owner = self._find_owner(connection.getpeername()[:2], connection.getsockname()[:2])
            return owner not in {None, 0, os.getuid()}
        return False

    def handle_error(self, request: Connection, client_address: tuple[str, int]) -> None:
        """Stay silent: a client that hangs up is not our failure, and stderr is the person's."""


def _cut(connection: Connection) -> None:
    from socket import SHUT_RDWR, socket

    if isinstance(connection, socket):
        with suppress(OSError):  # it has ended by itself meanwhile
            connection.shutdown(SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    timeout = CONNECTION_SECONDS
    server_version = "pyvault"
    sys_version = ""

    def do_GET(self) -> None:
        server = cast("_Server", self.server)  # typeshed knows the base class only
        status, page = self._answer(server)
        if page is not None:
            self._send(status, page)
            return
        server.keep(self.connection)
        try:
            self._send(status, server.receiver.outcome())
        finally:
            server.receiver.page_sent()

    def _send(self, status: HTTPStatus, page: bytes) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def _answer(self, server: _Server) -> tuple[HTTPStatus, bytes | None]:
        receiver = server.receiver
        if server.is_from_another_user(self.connection):
            return HTTPStatus.FORBIDDEN, FAILED_PAGE
        if self.headers.get_all("Host") != [receiver.authority]:
            return HTTPStatus.FORBIDDEN, FAILED_PAGE
        # A redirect is a navigation; a script or an image of another page says that it is none.
        if self.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            return HTTPStatus.FORBIDDEN, FAILED_PAGE
        target = urlsplit(self.path)
        if target.path != PATH or target.scheme or target.netloc:
            return HTTPStatus.NOT_FOUND, FAILED_PAGE
        try:
            return receiver.accept(target.query)
        except ValueError:  # more fields than a redirect has
            return HTTPStatus.BAD_REQUEST, FAILED_PAGE

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing: the request line holds the code."""
