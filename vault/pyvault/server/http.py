"""A small HTTP/1.1 server: one connection, from bytes to bytes.

httptools (llhttp) parses; this module bounds and answers. An answer is one
write, so that Nagle's algorithm never waits for a delayed acknowledgement
(asyncio sets TCP_NODELAY too). A request with a body is refused: nothing here
reads one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

import httptools

from pyvault.server.answer import Answer, make_refusal
from pyvault.server.request import KNOWN_HEADERS, Request, is_relayed

if TYPE_CHECKING:
    from pyvault.server.gate import Gate

#: Bytes of one request, and of one read: an SDK sends under 1 KiB. It bounds the
#: work between two looks at the loop, and what pipelining can queue.
MAX_REQUEST_BYTES = 16 * 1024
MAX_HEADERS = 64

#: Gives the answer at once where it can: an await costs more than the answer.
Application = Callable[[Request], Answer | Awaitable[Answer]]

MALFORMED = make_refusal(400, "the request is malformed")
TOO_LARGE = make_refusal(431, "the request is too large")
BODY_REFUSED = make_refusal(413, "a request here has no body")
TOO_SLOW = make_refusal(408, "the request took too long")
FOREIGN_PEER = make_refusal(403, "the connection is not the owner's")
BROKEN = make_refusal(500, "internal error")


class Connection(asyncio.Protocol):
    """One client: parse, check, answer, in this order, until either side ends it.

    Attributes:
        since: the gate's tick at which the present state began.
        in_request: bytes of a request have come, or the first is still awaited.
        welcome: the client has shown that it may have an answer.
        pending: the answer that waits for a fetch.
    """

    __slots__ = (
        "_application", "_gate", "_header_count", "_headers", "_hosts", "_is_owner", "_out", "_parser", "_pending",
        "_received", "_refusal", "_relayed", "_transport", "_url", "in_request", "pending", "since", "welcome",
    )  # fmt: skip

    _transport: asyncio.Transport

    def __init__(self, application: Application, gate: Gate) -> None:
        self._application = application
        self._gate = gate
        self._parser = httptools.HttpRequestParser(self)
        self._out: list[bytes] = []
        self.pending: asyncio.Task[None] | None = None
        self._hosts: frozenset[bytes] = frozenset()
        self._received = 0
        self._refusal: Answer | None = None
        self._is_owner: bool | None = None
        self.welcome = False
        self.on_message_begin()

    # ------------------------------------------------------------ asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place among the connections."""
        self._transport = cast("asyncio.Transport", transport)  # a TCP server makes no other kind
        self._hosts = self._gate.hosts_of(self._transport)
        self._gate.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Give the place back."""
        if self.pending is not None:
            self.pending.cancel()
        self._gate.forget(self)

    def pause_writing(self) -> None:
        """Read nothing more from a client that does not read its answers."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        if self.pending is None and not self._transport.is_closing():
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Parse what came, and answer every request that is complete."""
        self._received += len(data)
        if self._received > MAX_REQUEST_BYTES:
            self._refusal = TOO_LARGE
        else:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserCallbackError as exc:  # a fault of ours: this client only, and told
                self._gate.report(exc.__context__ or exc)
                self._refusal = BROKEN
            except (httptools.HttpParserError, httptools.HttpParserUpgrade):
                self._refusal = self._refusal or MALFORMED
        if self._out:
            self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
            self._out.clear()
        if self._refusal is not None:
            self.end(self._refusal)

    # ---------------------------------------------------------- httptools calls these

    def on_message_begin(self) -> None:
        """Forget the previous request."""
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._header_count = 0
        self._relayed = False
        self.in_request = True
        self.since = self._gate.tick

    def on_url(self, part: bytes) -> None:
        """Collect the path; it comes in pieces when the packets did."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the headers that matter here."""
        name = name.lower()
        self._header_count += 1
        if self._header_count > MAX_HEADERS:
            self._refusal = TOO_LARGE
        elif name in KNOWN_HEADERS:
            if name in self._headers:
                self._refusal = MALFORMED
            self._headers[name] = value
        elif is_relayed(name):
            self._relayed = True

    def on_headers_complete(self) -> None:
        """Refuse a body before it comes."""
        if self._headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in self._headers:
            self._refusal = self._refusal or BODY_REFUSED

    def on_message_complete(self) -> None:
        """Answer, or begin to."""
        if self._refusal is not None or self._transport.is_closing():
            return
        if self.pending is not None:  # pipelined behind an answer that must wait: no SDK does it
            self._refusal = MALFORMED
            return
        if self._is_owner is None:  # once for a connection, and not before it costs us an answer
            self._is_owner = self._gate.is_owner(self._transport)
        if not self._is_owner:
            self._refusal = FOREIGN_PEER
            return
        method: bytes = self._parser.get_method()
        keep_alive: bool = self._parser.should_keep_alive()
        request = Request(method, self._url, self._headers, self._relayed, self._hosts)
        self._received = 0
        self.in_request = False
        self.since = self._gate.tick
        answer = self._application(request)
        if isinstance(answer, Answer):
            self._send(answer, method, keep_alive=keep_alive)
        else:
            self._transport.pause_reading()
            self.pending = asyncio.get_running_loop().create_task(
                self._send_later(answer, method, keep_alive=keep_alive)
            )

    # ------------------------------------------------------------------------ answers

    def _send(self, answer: Answer, method: bytes, *, keep_alive: bool) -> None:
        if answer.status == 200 and not self.welcome:
            self.welcome = True
            self._gate.welcome(self)
        if self._gate.log is not None:
            self._gate.log(self._transport, method, self._url, answer)
        if keep_alive:
            self._out.append(answer.for_request(keep_alive=True, head=method == b"HEAD"))
        else:
            self.end(answer, head=method == b"HEAD")

    async def _send_later(self, waiting: Awaitable[Answer], method: bytes, *, keep_alive: bool) -> None:
        try:
            answer = await waiting
        except Exception as exc:  # noqa: BLE001 - a fault of ours must not leave the client waiting
            self._gate.report(exc)
            answer = BROKEN
        self.pending = None
        self._send(answer, method, keep_alive=keep_alive)
        if self._out:
            self._transport.write(self._out.pop())
            self._transport.resume_reading()
        self.since = self._gate.tick

    def end(self, answer: Answer | None = None, *, head: bool = False) -> None:
        """Close the connection, with a last answer if there is one."""
        if self._transport.is_closing():
            return
        if answer is not None:
            self._out.append(answer.for_request(keep_alive=False, head=head))
        if self._out:
            self._transport.write(b"".join(self._out))
            self._out.clear()
        self._transport.close()
