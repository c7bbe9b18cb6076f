"""A small HTTP/1.1 server: one connection, from bytes to bytes.

An answer is one write, so that Nagle's algorithm never waits for a delayed
acknowledgement (asyncio sets TCP_NODELAY too).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

from pyvault.server.http.parser import BROKEN, MALFORMED, RequestReader
from pyvault.server.http.request import Request
from pyvault.server.http.response import Answer, RefusalReason, make_refusal

if TYPE_CHECKING:
    from pyvault.server.http.admission import Admission

#: Answers at once where it can: an await costs more than the answer.
Application = Callable[[Request], Answer | Awaitable[Answer]]

FOREIGN_PEER = make_refusal(403, "the connection comes from another user", reason=RefusalReason.PEER)


class Connection(asyncio.Protocol):
    """One client: read, check, answer, in this order, until either side ends it.

    Attributes:
        since: tick of the admission at which the present state began.
        in_request: bytes of a request have come, or the first is still awaited.
        authenticated: the client has shown its token.
        pending: the answer that waits for a fetch.
    """

    __slots__ = (
        "_admission",
        "_application",
        "_is_owner",
        "_out",
        "_reader",
        "_transport",
        "authenticated",
        "in_request",
        "pending",
        "since",
    )  # fmt: skip

    _transport: asyncio.Transport
    _reader: RequestReader

    def __init__(self, application: Application, admission: Admission) -> None:
        self._application = application
        self._admission = admission
        self._out: list[bytes] = []
        self._is_owner: bool | None = None
        self.pending: asyncio.Task[None] | None = None
        self.authenticated = False
        self.in_request = True
        self.since = admission.tick

    # ------------------------------------------------------------ asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place among the connections."""
        self._transport = cast("asyncio.Transport", transport)  # a TCP server makes no other kind
        self._reader = RequestReader(self._admission.hosts_of(self._transport), report=self._admission.report)
        self._admission.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Free the place."""
        if self.pending is not None:
            self.pending.cancel()
        self._admission.forget(self)

    def pause_writing(self) -> None:
        """Read nothing more from a client that does not read its answers."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        if self.pending is None and not self._transport.is_closing():
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        reader = self._reader
        requests = reader.feed(data)
        if requests or not self.in_request:
            self.since = self._admission.tick
        self.in_request = not reader.is_between
        refusal = reader.refusal
        for request in requests:
            refused = self._answer(request)
            if refused is not None:
                refusal = refused
                break
        if refusal is not None:
            self.refuse(refusal)
        elif self._out:
            self._write()

    # ------------------------------------------------------------------------ answers

    def _answer(self, request: Request) -> Answer | None:
        """Answer a request, or begin to; or return the refusal that ends the connection."""
        if self._is_owner is None:  # once for each connection, and only when it asks something
            self._is_owner = self._admission.is_owner(self._transport)
        if not self._is_owner:
            return FOREIGN_PEER
        if self.pending is not None:  # pipelined behind an answer that must wait: no SDK does it
            return MALFORMED
        try:
            answer = self._application(request)
        except Exception as exc:  # noqa: BLE001 - our own error ends this connection only, and is reported
            self._admission.report(exc)
            return BROKEN
        if isinstance(answer, Answer):
            self._send(answer, request)
        else:
            self._transport.pause_reading()
            self.pending = asyncio.get_running_loop().create_task(self._send_later(answer, request))
        return None

    def _send(self, answer: Answer, request: Request) -> None:
        if answer.authenticates and not self.authenticated:
            self.authenticated = True
            self._admission.authenticate(self)
        if self._admission.log is not None:
            self._admission.log(self._transport, request, answer)
        head = request.method == b"HEAD"
        if request.keep_alive:
            self._out.append(answer.for_request(keep_alive=True, head=head))
        else:
            self.end(answer, head=head)

    async def _send_later(self, waiting: Awaitable[Answer], request: Request) -> None:
        try:
            answer = await waiting
        except Exception as exc:  # noqa: BLE001 - our own error must not leave the client waiting
            self._admission.report(exc)
            answer = BROKEN
        self.pending = None
        self._send(answer, request)
        if self._out:
            self._write()
            self._transport.resume_reading()
        self.since = self._admission.tick

    def _write(self) -> None:
        out = self._out
        self._transport.write(out[0] if len(out) == 1 else b"".join(out))
        out.clear()

    def refuse(self, answer: Answer) -> None:
        """Close the connection with an answer to what can't be read as a request."""
        if self._admission.log is not None and not self._transport.is_closing():
            self._admission.log(self._transport, None, answer)
        self.end(answer)

    def end(self, answer: Answer | None = None, *, head: bool = False) -> None:
        """Close the connection, with a last answer if there is one."""
        if self._transport.is_closing():
            return
        if answer is not None:
            self._out.append(answer.for_request(keep_alive=False, head=head))
        if self._out:
            self._write()
        self._transport.close()
