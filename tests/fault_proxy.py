"""A TCP proxy between a client and an S3 server that does one thing wrong with one request.

It reads whole requests and whole answers, so that a fault hits exactly the request that
was chosen: before the server sees it, after it has carried it out, or in its answer.
Writes go on one by one. S3 compares and writes in one step; moto compares first and then
writes, and lets two of eight writers win where they are quick (twice in 250 races, seen).
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

HTML = b"<html><body>Welcome to our network. Please sign in.</body></html>"


@dataclass(slots=True)
class Message:
    """A request or an answer, as bytes."""

    head: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        return self.head + self.body

    @property
    def line(self) -> str:
        return self.head.partition(b"\r\n")[0].decode()


@dataclass(slots=True)
class Fault:
    """What goes wrong.

    Attributes:
        forward: the server gets the request.
        answer: what the client gets in place of the server's answer; None for that one itself.
        cut: only so much of the answer, as a part of it, and then the connection ends.
        delay: seconds before the answer.
        trickle: the answer comes in single bytes, so many seconds apart.
    """

    name: str
    forward: bool = True
    answer: bytes | None = None
    cut: float | None = None
    delay: float = 0
    trickle: float = 0


def answer(status: str, code: str, *headers: str) -> bytes:
    """Give an answer in the words of S3."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>m</Message></Error>".encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/xml", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def page(*headers: str) -> bytes:
    """Give the answer of a captive portal."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(HTML)}", "Content-Type: text/html", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + HTML


#: After which nobody can know whether the request was carried out, or the service is overloaded.
UNREACHABLE = [
    Fault("cut before the server sees it", forward=False, cut=0),
    Fault("cut after it was carried out", cut=0),
    Fault("half an answer", cut=0.5),
    Fault("delay beyond the time-out", delay=1.6),
    Fault("500, not carried out", forward=False, answer=answer("500 Internal Server Error", "InternalError")),
    Fault("500, carried out", answer=answer("500 Internal Server Error", "InternalError")),
    Fault("503 SlowDown", forward=False, answer=answer("503 Slow Down", "SlowDown")),
]
#: Somebody else was quicker, or seems to have been.
RACES = [
    Fault("409", forward=False, answer=answer("409 Conflict", "ConditionalRequestConflict")),
    Fault("412", forward=False, answer=answer("412 Precondition Failed", "PreconditionFailed")),
    Fault("412, although it was carried out", answer=answer("412 Precondition Failed", "PreconditionFailed")),
]
#: An answer: nothing takes its place.
REFUSED = [
    Fault("401", forward=False, answer=answer("401 Unauthorized", "Unauthorized")),
    Fault("403", forward=False, answer=answer("403 Forbidden", "AccessDenied")),
    Fault("a clock that is off by a day", forward=False, answer=answer("403 Forbidden", "RequestTimeTooSkewed")),
    Fault("no such bucket", forward=False, answer=answer("404 Not Found", "NoSuchBucket")),
    Fault("no such key", forward=False, answer=answer("404 Not Found", "NoSuchKey")),
    Fault(
        "301",
        forward=False,
        answer=answer("301 Moved Permanently", "PermanentRedirect", "x-amz-bucket-region: eu-central-1"),
    ),
    Fault("302", forward=False, answer=answer("302 Found", "Found", "Location: http://127.0.0.1:9/")),
    Fault(
        "307",
        forward=False,
        answer=answer("307 Temporary Redirect", "TemporaryRedirect", "Location: http://127.0.0.1:9/"),
    ),
    Fault("captive portal", forward=False, answer=page()),
    Fault(
        "captive portal with an ETag",
        forward=False,
        answer=page('ETag: "1"', "Last-Modified: Sat, 28 Nov 2026 10:00:00 GMT"),
    ),
]


@dataclass(slots=True)
class _State:
    seen: list[str] = field(default_factory=list[str])
    heads: list[bytes] = field(default_factory=list[bytes])
    fault: Fault | None = None
    at: int | None = None
    times: int = 1
    tamper: Callable[[Message], None] | None = None


class FaultProxy:
    """Listens on loopback and passes on to a server."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._lock = threading.Lock()
        self._state = _State()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._one_write = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def requests(self) -> list[str]:
        """The request lines since :meth:`arm` or :meth:`calm`."""
        return [*self._state.seen]

    @property
    def heads(self) -> list[bytes]:
        """Their heads."""
        return [*self._state.heads]

    @property
    def signers(self) -> list[str]:
        """The ids of the access keys that signed them."""
        return [head.decode("latin-1").partition("Credential=")[2].partition("/")[0] for head in self.heads]

    def arm(self, fault: Fault, at: int = 0, times: int = 1) -> None:
        """Let a fault hit the request with this number, from 0, and those after it, so many in all."""
        with self._lock:
            self._state = _State(fault=fault, at=at, times=times)

    def calm(self) -> None:
        """Pass everything on."""
        with self._lock:
            self._state = _State()

    def close(self) -> None:
        """Stop listening, and cut every connection: nobody can connect any more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in [*self._open]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._open.add(client)
        with contextlib.suppress(OSError), client:
            while (request := _read(client, client.sendall)) is not None:
                if not self._pass_on(client, request):
                    break
        self._open.discard(client)

    def _fault(self, request: Message) -> Fault | None:
        with self._lock:
            state, number = self._state, len(self._state.seen)
            state.seen.append(request.line)
            state.heads.append(request.head)
            if state.fault is not None and state.at is not None and state.at <= number < state.at + state.times:
                return state.fault
            return None

    def _pass_on(self, client: socket.socket, request: Message) -> bool:
        fault = self._fault(request)
        raw = self._ask(request) if fault is None or fault.forward else b""
        if fault is None:
            client.sendall(raw)
            return True
        time.sleep(fault.delay)
        raw = fault.answer if fault.answer is not None else raw
        if fault.trickle:
            for byte in raw:
                client.sendall(bytes([byte]))
                time.sleep(fault.trickle)
        if fault.cut is not None:
            client.sendall(raw[: int(len(raw) * fault.cut)])
            return False
        client.sendall(raw)
        return True

    def _ask(self, request: Message) -> bytes:
        one = self._one_write if request.line.startswith("PUT ") else contextlib.nullcontext()
        with one, socket.create_connection(("127.0.0.1", self._target)) as server:
            server.sendall(request.raw)
            found = _read(server, lambda _: None, bodyless=request.line.startswith("HEAD"))
            return b"" if found is None else found.raw


def _read(stream: socket.socket, go_on: Callable[[bytes], object], *, bodyless: bool = False) -> Message | None:
    head = b""
    while b"\r\n\r\n" not in head:
        part = stream.recv(65536)
        if not part:
            return None
        head += part
    head, _, rest = head.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    fields = dict(line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in lines[1:])
    if fields.get("expect") == "100-continue" and not rest:
        go_on(b"HTTP/1.1 100 Continue\r\n\r\n")
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(b"expect:"))
    status = lines[0].split(" ")[1] if lines[0].startswith("http/") else ""
    if bodyless or status in {"204", "304"}:
        return Message(head + b"\r\n\r\n", b"")
    if fields.get("transfer-encoding") == "chunked":
        while not rest.endswith(b"0\r\n\r\n"):
            rest += stream.recv(65536)
        return Message(head + b"\r\n\r\n", rest)
    length = int(fields.get("content-length", 0))
    while len(rest) < length:
        part = stream.recv(65536)
        if not part:
            return None
        rest += part
    return Message(head + b"\r\n\r\n", rest)
