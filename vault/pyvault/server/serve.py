"""Run a server on its socket until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Protocol

from pyvault.record import Record
from pyvault.server.http.connection import Connection
from pyvault.server.http.listener import BACKLOG
from pyvault.trace import warn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pyvault.server.http.admission import Admission
    from pyvault.server.http.request import Request
    from pyvault.server.http.response import Answer

#: Connections taken from the kernel before they are admitted or refused, so that a flood
#: can't use up the descriptors.
ACCEPTED_AT_ONCE = 32
SETTLING_ROUNDS = 5  # of the loop; from accept to admission it needs three
GRACE_SECONDS = 2.0  # for pending answers when the server stops


class ClosableApplication(Protocol):
    """What answers requests, and can stop what it started."""

    def __call__(self, request: Request, /) -> Answer | Awaitable[Answer]:
        """Answer one request."""
        ...

    def close(self) -> None:
        """Stop every fetch."""
        ...


class Service(Record):
    """One server: what answers, who may ask, and where.

    Attributes:
        hop_limit: how many hops an answer may travel; None for the system's default.
            EC2's is 1, so that no router passes an answer on.
    """

    application: ClosableApplication
    admission: Admission
    listener: socket.socket
    hop_limit: int | None = None


async def serve(service: Service, stop: asyncio.Event, *, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until *stop* is set, then wait a moment for pending answers.

    *ready* is called once, when the server accepts.
    """
    asyncio.get_running_loop().set_exception_handler(_warn_of_error)
    server = await _start(service)
    ready()
    await stop.wait()
    await _stop_accepting(service.listener)
    server.close()
    if pending := service.admission.pending():
        await asyncio.wait(pending, timeout=GRACE_SECONDS)
    service.admission.close()
    await _settle()
    service.application.close()
    await server.wait_closed()


def _warn_of_error(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """Warn of an exception that nobody awaited, without its text: it may repeat what was sent or fetched."""
    exception = context.get("exception")
    kind = f": {type(exception).__name__}" if exception is not None else ""
    warn(__name__, f"pyvault: warning: internal error in the credential server{kind}; it keeps running")


async def _stop_accepting(listener: socket.socket) -> None:
    """Stop accepting, and admit what was accepted: a closed asyncio server would drop it without closing it."""
    with contextlib.suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().remove_reader(listener)
    await _settle()


async def _settle() -> None:
    """Let the loop finish connections on their way to admission, and those that are closing."""
    for _ in range(SETTLING_ROUNDS):
        await asyncio.sleep(0)


async def _start(service: Service) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    service.listener.setblocking(False)
    if service.hop_limit is not None:  # accepted sockets inherit it
        service.listener.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, service.hop_limit)
    server = await loop.create_server(
        lambda: Connection(service.application, service.admission), sock=service.listener, backlog=ACCEPTED_AT_ONCE
    )
    service.listener.listen(BACKLOG)  # asyncio means both by the one number
    return server
