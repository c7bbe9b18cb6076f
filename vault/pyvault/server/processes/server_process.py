"""The serving process: loads the loop, serves, and ends when it is told to."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from pyvault.server.processes.supervisor import ask_keeper, watch_keeper
from pyvault.server.serve import serve

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from pyvault.server.endpoints.refreshing_source import AsyncFetch
    from pyvault.server.processes.fetch_aside import Identity
    from pyvault.server.setup import ServerSetup


def serve_for_keeper(
    setups: Sequence[ServerSetup],
    link: socket.socket,
    *,
    tell: Callable[[str], None],
    ready: Callable[[], None] = lambda: None,
) -> int:
    """Serve until SIGTERM, or until the keeper is gone, which the person is told; give an exit code."""
    return asyncio.run(_serve(setups, link, tell, ready))


async def _serve(
    setups: Sequence[ServerSetup], link: socket.socket, tell: Callable[[str], None], ready: Callable[[], None]
) -> int:
    stop = asyncio.Event()
    orphaned = False

    def on_orphaned() -> None:
        nonlocal orphaned
        orphaned = not stop.is_set()
        stop.set()

    def fetch_of(identity: Identity) -> AsyncFetch:
        return ask_keeper(link, identity)

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    services = [setup.build(fetch_of) for setup in setups]
    watching = asyncio.create_task(watch_keeper(link, on_orphaned))
    await serve(services, stop, ready=ready)
    watching.cancel()
    if orphaned:
        # Without it nothing can be renewed and nobody would end us with the program.
        tell("the process that renews credentials was killed; the credential server ends")
    return 1 if orphaned else 0
