"""Who may be connected, how many, and for how long."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Protocol

from pyvault.server.http.request import own_hosts
from pyvault.server.http.response import RefusalReason, make_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.process.peer import PeerCheck
    from pyvault.server.http.request import Request
    from pyvault.server.http.response import Answer

    AccessLog = Callable[[asyncio.Transport, Request | None, Answer], None]

MAX_CONNECTIONS = 512  # an SDK keeps one or two open, and below the usual 1024 descriptors
REQUEST_SECONDS = 10  # to send a whole request: an SDK gives up after 1 to 5
TOO_SLOW = make_refusal(408, "the request took too long", reason=RefusalReason.SLOW)
IDLE_SECONDS = 75  # between requests; the pools of the SDKs keep 15 to 90


class Connection(Protocol):
    """What the admission knows of a connection.

    Attributes:
        since: tick of the admission at which its present state began.
        in_request: bytes of a request have come, or the first is still awaited.
        pending: the answer that waits for a fetch.
    """

    since: int
    in_request: bool
    pending: asyncio.Task[None] | None

    def refuse(self, answer: Answer) -> None:
        """Send this answer and end the connection."""
        ...

    def end(self) -> None:
        """End the connection without an answer."""
        ...


def any_peer(_transport: asyncio.Transport) -> bool:
    """Accept every peer: where the kernel can't tell its owner, or ``--listen`` asks for others."""
    return True


class Admission:
    """The connections of one server.

    Attributes:
        tick: seconds since the first connection, counted by the sweep; reading it
            costs nothing, a clock would be read twice for each request.
        log: writes the access log, where there is one.
    """

    def __init__(
        self,
        *,
        is_owner: PeerCheck = any_peer,
        log: AccessLog | None = None,
        report: Callable[[BaseException], None] = lambda _exc: None,
        limit: int = MAX_CONNECTIONS,
    ) -> None:
        self.is_owner = is_owner
        self.log = log
        self.report = report
        self.tick = 0
        self._limit = limit
        self._unauthenticated: dict[Connection, None] = {}  # oldest first
        self._authenticated: dict[Connection, None] = {}
        self._hosts: dict[tuple[str, int], frozenset[bytes]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._unauthenticated) + len(self._authenticated)

    def pending(self) -> list[asyncio.Task[None]]:
        """Return the answers that wait for a fetch."""
        return [each.pending for each in (*self._unauthenticated, *self._authenticated) if each.pending is not None]

    def hosts_of(self, transport: asyncio.Transport) -> frozenset[bytes]:
        """Return the allowed values of ``Host`` on this connection."""
        address, port = transport.get_extra_info("sockname")[:2]
        try:
            return self._hosts[address, port]
        except KeyError:
            return self._hosts.setdefault((address, port), own_hosts(address, port))

    def admit(self, connection: Connection) -> None:
        """Admit a connection; another may have to make room."""
        if len(self) >= self._limit:
            self._make_room()
        self._unauthenticated[connection] = None
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(1, self._tick)

    def authenticate(self, connection: Connection) -> None:
        """Note that this one has shown its token, so that others don't push it out."""
        if connection in self._unauthenticated:
            del self._unauthenticated[connection]
            self._authenticated[connection] = None

    def forget(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        self._unauthenticated.pop(connection, None)
        self._authenticated.pop(connection, None)

    def close(self) -> None:
        """End every connection."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for connection in [*self._unauthenticated, *self._authenticated]:
            connection.end()

    def _make_room(self) -> None:
        victim = next(iter(self._unauthenticated), None)
        if victim is None:
            victim = min(self._authenticated, key=lambda each: each.since)
        self.forget(victim)
        victim.end()

    def _tick(self) -> None:
        self.tick += 1
        for connection in [*self._unauthenticated, *self._authenticated]:
            silent = self.tick - connection.since
            if connection.pending is not None:
                continue
            if connection.in_request and silent > REQUEST_SECONDS:
                connection.refuse(TOO_SLOW)
            elif silent > IDLE_SECONDS:
                connection.end()
        self._sweep = asyncio.get_running_loop().call_later(1, self._tick) if len(self) else None


#: Descriptors that are not for admitted connections: some 15 for the loop and the
#: supervisor, two for each pending fetch, and those accepted in one round or being closed.
RESERVED = 144

ENOUGH = 1024
FEWEST_CONNECTIONS = 16


def room_for_connections(limit: int) -> int:
    """Return how many connections there is room for, up to *limit*; raises the limit of descriptors first.

    Call it in the process that serves: other programs may not expect a raised limit.
    """
    if sys.platform == "win32":
        return limit  # sockets are no descriptors there
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < ENOUGH:
        soft = ENOUGH if hard == resource.RLIM_INFINITY else max(soft, min(ENOUGH, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(FEWEST_CONNECTIONS, min(limit, soft - RESERVED))
