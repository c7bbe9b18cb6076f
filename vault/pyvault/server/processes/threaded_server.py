"""A server in this process, and the program that it serves as our child (macOS, Windows).

Used where no process can be detached. Fetches run in threads: after a fork without
exec the frameworks of these systems refuse to work. The program is started before the
loop is loaded; the kernel's backlog holds its first connection.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from pyvault.process.signals import pass_signals

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping, Sequence

    from pyvault.model import Credentials
    from pyvault.server.endpoints.refreshing_source import AsyncFetch
    from pyvault.server.setup import FetchFor, Identity, ServerSetup

SIGNALLED = 128  # + the signal's number, as a shell reports it


def run_with_server(
    command: Sequence[str],
    environ: Mapping[str, str],
    setup: ServerSetup,
    fetch: FetchFor,
    *,
    tell: Callable[[str], None],
) -> int:
    """Run the program and serve it until it ends; return its exit code.

    Raises:
        OSError: the program can't be started.
    """
    program = subprocess.Popen(command, env=dict(environ))
    pass_signals(program)
    if sys.platform != "win32":
        from pyvault.process.foreground import serve_program

        serve_program(program.pid)
    try:
        _serve_until(program, setup, fetch)
    except Exception as exc:  # noqa: BLE001 - the program continues, and the person has to know
        tell(f"the credential server failed ({type(exc).__name__}); the program continues without it")
    code = program.wait()
    return code if code >= 0 else SIGNALLED - code


def serve_here(
    setup: ServerSetup,
    fetch: FetchFor,
    *,
    until: Callable[[Callable[[], None]], None],
    ready: Callable[[], None],
) -> None:
    """Serve in this process with fetches in threads, until *until* calls the function that it gets."""
    import asyncio

    asyncio.run(_serve(setup, fetch, until, ready))


def until_signalled(stop: Callable[[], None]) -> None:
    """Stop at Ctrl-C and SIGTERM: for a standalone server."""

    def on_signal(_number: int, _frame: object) -> None:
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


def _serve_until(program: subprocess.Popen[bytes], setup: ServerSetup, fetch: FetchFor) -> None:
    def until(stop: Callable[[], None]) -> None:
        def wait() -> None:
            program.wait()
            stop()

        threading.Thread(target=wait, daemon=True).start()

    serve_here(setup, fetch, until=until, ready=lambda: None)


async def _serve(
    setup: ServerSetup,
    fetch: FetchFor,
    until: Callable[[Callable[[], None]], None],
    ready: Callable[[], None],
) -> None:
    import asyncio

    from pyvault.server.serve import serve

    def fetch_of(identity: Identity) -> AsyncFetch:
        return in_thread(lambda: fetch(identity))

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    until(lambda: _call(loop, stop.set))
    await serve(setup.build(fetch_of), stop, ready=ready)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function)


def in_thread(fetch: Callable[[], Credentials]) -> AsyncFetch:
    """Return what runs a fetch in a thread.

    A thread of its own, not the loop's executor: that one is joined at the end, and a
    fetch that hangs would keep the server from ending.
    """
    import asyncio
    from concurrent.futures import Future

    async def fetch_in_thread() -> Credentials:
        result: Future[Credentials] = Future()
        result.set_running_or_notify_cancel()  # whoever gives up waiting can't cancel it

        def run() -> None:
            try:
                result.set_result(fetch())
            except BaseException as exc:  # noqa: BLE001 - raised in the loop as it is
                result.set_exception(exc)

        threading.Thread(target=run, name="fetch", daemon=True).start()
        return await asyncio.wrap_future(result)

    return fetch_in_thread
