"""HTTP/1.1 on loopback: a thread for each connection, keep-alive, one write for each answer."""

from __future__ import annotations

import contextlib
import socketserver
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from .message import Request, Response

if TYPE_CHECKING:
    import ssl

#: Bounds, so that a broken client under test fails loudly instead of filling memory.
MAX_LINE = 65536
MAX_HEADERS = 200
MAX_BODY = 4 * 1024 * 1024

#: Answers a request, or says with None that the connection is to be cut without a word.
Answer = Callable[[Request], Response | None]


class Stream(Protocol):
    """What requests are read from."""

    def readline(self, size: int, /) -> bytes:
        """Read up to the end of a line."""
        ...

    def read(self, size: int, /) -> bytes:
        """Read that many bytes, fewer only at the end."""
        ...


class BadRequestError(Exception):
    """The bytes are no HTTP/1.x request."""


class Listener(socketserver.ThreadingTCPServer):
    """Accepts connections and hands requests to *answer*."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024  # a hundred cold clients may connect in the same millisecond

    def __init__(self, address: tuple[str, int], answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(address, Connection)
        self.answer = answer
        if tls is not None:
            # The handshake waits for the connection's own thread: a client that dawdles delays nobody.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent about clients that went away: tests kill theirs on purpose."""
        import sys
        import traceback

        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class Connection(socketserver.StreamRequestHandler):
    """One connection, until either side has had enough."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Serve requests in order."""
        with contextlib.suppress(ConnectionError):
            while self._serve_one():
                pass

    def _serve_one(self) -> bool:
        try:
            request = read_request(self.rfile, self._continue)
        except BadRequestError as exc:
            body = Response(status=400, body=f"{exc}\n".encode())
            self.request.sendall(body.encode(keep_alive=False))
            return False
        if request is None:
            return False
        keep_alive = (request.header("connection") or "").lower() != "close"
        assert isinstance(self.server, Listener)
        response = self.server.answer(request)
        if response is None:
            return False
        self.request.sendall(response.encode(keep_alive=keep_alive, head_only=request.method == "HEAD"))
        return keep_alive

    def _continue(self) -> None:
        self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def read_request(stream: Stream, go_on: Callable[[], None]) -> Request | None:
    """Read one request, or None at the end of the connection.

    Args:
        stream: what the client sends.
        go_on: called when the client waits for leave to send its body.

    Raises:
        BadRequestError: it is malformed or beyond the bounds.
    """
    line = _line(stream)
    if not line:
        return None
    words = line.split(" ")
    if len(words) != 3 or words[2] not in {"HTTP/1.1", "HTTP/1.0"}:
        raise BadRequestError(f"no request line: {line[:80]!r}")
    headers = _read_headers(stream)
    if words[2] == "HTTP/1.0":
        headers.append(("connection", "close"))
    path, _, query = words[1].partition("?")
    length = next((value for name, value in headers if name == "content-length"), "0")
    if any(name == "transfer-encoding" for name, _ in headers):
        raise BadRequestError("chunked bodies are not spoken here")
    if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY:
        raise BadRequestError(f"bad content length {length[:40]!r}")
    if ("expect", "100-continue") in headers:
        go_on()
    body = stream.read(int(length))
    if len(body) != int(length):
        return None
    return Request(method=words[0], path=path, query=query, headers=tuple(headers), body=body)


def _read_headers(stream: Stream) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    while line := _line(stream):
        name, colon, value = line.partition(":")
        if not colon or name != name.strip() or len(headers) >= MAX_HEADERS:
            raise BadRequestError(f"bad header line {line[:80]!r}")
        headers.append((name.lower(), value.strip()))
    return headers


def _line(stream: Stream) -> str:
    raw = stream.readline(MAX_LINE + 1)
    if len(raw) > MAX_LINE:
        raise BadRequestError("line too long")
    return raw.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
