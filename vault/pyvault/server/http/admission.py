"""Who may be connected, how many, and for how long."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Protocol

from pyvault.server.http.refusal_reason import RefusalReason
from pyvault.server.http.request import own_hosts
from pyvault.server.http.response import make_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.process.peer import PeerCheck
    from pyvault.server.http.request import Request
    from pyvault.server.http.response import Answer

    AccessLog = Callable[[asyncio.Transport, Request | None, Answer], None]

MAX_CONNECTIONS = 512  # an SDK keeps one or two open, and below the usual 1024 descriptors
REQUEST_SECONDS = 10  # to send a whole request: an SDK gives up after 1 to 5
TOO_SLOW = make_refusal(408, "the request took too long", why=RefusalReason.SLOW)
IDLE_SECONDS = 75  # between requests; the pools of the SDKs keep 15 to 90


class Connection(Protocol):
    """What a gate knows of a connection.

    Attributes:
        since: the gate's tick at which its present state began.
        in_request: bytes of a request have come, or the first is still awaited.
        pending: the answer that waits for a fetch.
    """

    since: int
    in_request: bool
    pending: asyncio.Task[None] | None

    def refuse(self, answer: Answer) -> None:
        """Answer so, and end it."""
        ...

    def end(self) -> None:
        """End it without a word."""
        ...


def anybody(_transport: asyncio.Transport) -> bool:
    """Accept every peer: where the kernel can't tell, or ``--listen`` asked for others."""
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
        is_owner: PeerCheck = anybody,
        log: AccessLog | None = None,
        report: Callable[[BaseException], None] = lambda _exc: None,
        limit: int = MAX_CONNECTIONS,
    ) -> None:
        self.is_owner = is_owner
        self.log = log
        self.report = report
        self.tick = 0
        self._limit = limit
        self._strangers: dict[Connection, None] = {}  # in the order of their coming
        self._guests: dict[Connection, None] = {}
        self._hosts: dict[tuple[str, int], frozenset[bytes]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._strangers) + len(self._guests)

    def under_way(self) -> list[asyncio.Task[None]]:
        """List the answers that wait for a fetch."""
        return [each.pending for each in (*self._strangers, *self._guests) if each.pending is not None]

    def hosts_of(self, transport: asyncio.Transport) -> frozenset[bytes]:
        """Give what ``Host`` may say on this connection."""
        address, port = transport.get_extra_info("sockname")[:2]
        try:
            return self._hosts[address, port]
        except KeyError:
            return self._hosts.setdefault((address, port), own_hosts(address, port))

    def admit(self, connection: Connection) -> None:
        """Let a connection in; it may cost another its place."""
        if len(self) >= self._limit:
            self._make_room()
        self._strangers[connection] = None
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(1, self._tick)

    def welcome(self, connection: Connection) -> None:
        """Note that this one may ask, so that strangers don't push it out."""
        if connection in self._strangers:
            del self._strangers[connection]
            self._guests[connection] = None

    def forget(self, connection: Connection) -> None:
        """Strike out a connection that ended."""
        self._strangers.pop(connection, None)
        self._guests.pop(connection, None)

    def close(self) -> None:
        """End every connection."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for connection in [*self._strangers, *self._guests]:
            connection.end()

    def _make_room(self) -> None:
        victim = next(iter(self._strangers), None)
        if victim is None:
            victim = min(self._guests, key=lambda guest: guest.since)
        self.forget(victim)
        victim.end()

    def _tick(self) -> None:
        self.tick += 1
        for connection in [*self._strangers, *self._guests]:
            silent = self.tick - connection.since
            if connection.pending is not None:
                continue
            if connection.in_request and silent > REQUEST_SECONDS:
                connection.refuse(TOO_SLOW)
            elif silent > IDLE_SECONDS:
                connection.end()
        self._sweep = asyncio.get_running_loop().call_later(1, self._tick) if len(self) else None


#: Of the descriptors, what is not for connections that were let in: some 15 for the
#: loop and the keeper, two for each fetch under way, and those accepted in one round
#: or on their way to be closed.
RESERVED = 144

ENOUGH = 1024
FEWEST_CONNECTIONS = 16


def room_for_connections(wanted: int) -> int:
    """Give how many of the wanted connections there is room for; asks the system for more first.

    Call it in the process that serves: a program with a raised limit may be
    surprised by it.
    """
    if sys.platform == "win32":
        return wanted  # sockets are no descriptors there
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < ENOUGH:
        soft = ENOUGH if hard == resource.RLIM_INFINITY else max(soft, min(ENOUGH, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(FEWEST_CONNECTIONS, min(wanted, soft - RESERVED))
