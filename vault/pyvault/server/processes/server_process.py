"""The process that serves: it has the loop, and its supervisor fetches for it (Linux)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from typing import TYPE_CHECKING

from pyvault.errors import CredentialsError
from pyvault.secret import Secret
from pyvault.server.processes.forked_fetch import MAX_RESULT, decode_result
from pyvault.server.serve import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.model import Credentials
    from pyvault.server.endpoints.refreshing_source import AsyncFetch
    from pyvault.server.setup import Identity, ServerSetup


def serve_for_supervisor(
    setup: ServerSetup,
    link: socket.socket,
    *,
    tell: Callable[[str], None],
    ready: Callable[[], None] = lambda: None,
) -> int:
    """Serve until SIGTERM, or until the supervisor is gone, and return an exit code."""
    return asyncio.run(_serve(setup, link, tell, ready))


async def _serve(
    setup: ServerSetup, link: socket.socket, tell: Callable[[str], None], ready: Callable[[], None]
) -> int:
    stop = asyncio.Event()
    orphaned = False

    def on_orphaned() -> None:
        nonlocal orphaned
        orphaned = not stop.is_set()
        stop.set()

    def fetch_of(identity: Identity) -> AsyncFetch:
        return fetch_by_supervisor(link, identity)

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    service = setup.build(fetch_of)
    watching = asyncio.create_task(watch_supervisor(link, on_orphaned))
    await serve(service, stop, ready=ready)
    watching.cancel()
    if orphaned:
        # Without it nothing is renewed, and nothing would end us with the program.
        tell("the process that renews credentials was killed; the credential server is stopping")
    return 1 if orphaned else 0


def fetch_by_supervisor(link: socket.socket, identity: Identity) -> AsyncFetch:
    """Return a fetch that the supervisor carries out."""

    async def fetch() -> Credentials:
        reader, writer = os.pipe()
        try:
            socket.send_fds(link, [json.dumps(identity).encode()], [writer])
        except OSError:
            os.close(reader)
            raise CredentialsError("the process that renews credentials has ended") from None
        finally:
            os.close(writer)
        return decode_result(await _read_pipe(reader))

    return fetch


async def watch_supervisor(link: socket.socket, gone: Callable[[], None]) -> None:
    """Call *gone* when the supervisor has ended: while it lives it sends nothing on this socket."""
    link.setblocking(False)
    await asyncio.get_running_loop().sock_recv(link, 1)
    gone()


async def _read_pipe(reader: int) -> Secret[bytes]:
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader(limit=MAX_RESULT)
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), pipe)
        try:
            return Secret(await stream.read(-1))
        finally:
            transport.close()
