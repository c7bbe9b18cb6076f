"""A program and its server where a process can't be left beside another (macOS, Windows).

The program is our child, the server runs in this process, and fetches run in
threads: after a fork without exec the system's frameworks refuse to work there.
The program is started before the loop is loaded; the kernel's backlog holds its
first connection.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping, Sequence

    from pyvault.server.endpoints.refreshing_source import AsyncFetch
    from pyvault.server.processes.fetch_aside import FetchFor, Identity
    from pyvault.server.setup import ServerSetup

SIGNALLED = 128  # + the signal's number, as a shell reports it

#: A terminal sends these to the program too; passing them on would double them.
_FROM_TERMINAL = ("SIGINT", "SIGQUIT", "SIGHUP", "SIGBREAK")
_FROM_PROCESSES = ("SIGTERM", "SIGUSR1", "SIGUSR2")


def run_supervised(
    command: Sequence[str],
    environ: Mapping[str, str],
    setups: Sequence[ServerSetup],
    fetch: FetchFor,
    *,
    tell: Callable[[str], None],
) -> int:
    """Run the program with the server beside it, and give the program's exit code.

    Raises:
        OSError: the program can't be started.
    """
    program = subprocess.Popen(command, env=dict(environ))
    pass_signals(program)
    if sys.platform != "win32":
        from pyvault.process.foreground import serve_program

        serve_program(program.pid)
    try:
        _serve_until(program, setups, fetch)
    except Exception as exc:  # noqa: BLE001 - the program runs on, and the person has to know
        tell(f"the credential server failed ({type(exc).__name__}); the program runs on without it")
    code = program.wait()
    return code if code >= 0 else SIGNALLED - code


def serve_here(
    setups: Sequence[ServerSetup],
    fetch: FetchFor,
    *,
    until: Callable[[Callable[[], None]], None],
    ready: Callable[[], None],
) -> None:
    """Serve in this process with fetches in threads, until *until* calls what it was given."""
    import asyncio

    asyncio.run(_serve(setups, fetch, until, ready))


def until_told(stop: Callable[[], None]) -> None:
    """Stop at Ctrl-C and SIGTERM: for a server that stands by itself."""

    def on_signal(_number: int, _frame: object) -> None:
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


def _serve_until(program: subprocess.Popen[bytes], setups: Sequence[ServerSetup], fetch: FetchFor) -> None:
    def until(stop: Callable[[], None]) -> None:
        def wait() -> None:
            program.wait()
            stop()

        threading.Thread(target=wait, daemon=True).start()

    serve_here(setups, fetch, until=until, ready=lambda: None)


async def _serve(
    setups: Sequence[ServerSetup],
    fetch: FetchFor,
    until: Callable[[Callable[[], None]], None],
    ready: Callable[[], None],
) -> None:
    import asyncio

    from pyvault.server.processes.fetch_aside import in_thread
    from pyvault.server.serve import serve

    def fetch_of(identity: Identity) -> AsyncFetch:
        return in_thread(lambda: fetch(identity))

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    until(lambda: _call(loop, stop.set))
    await serve([setup.build(fetch_of) for setup in setups], stop, ready=ready)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function)


def pass_signals(program: subprocess.Popen[bytes]) -> None:
    """See that each signal reaches the program once, whoever sent it."""

    def send(number: int, _frame: object) -> None:
        program.send_signal(number)  # does nothing once the program has ended

    interactive = _is_foreground()
    for name in _FROM_TERMINAL + _FROM_PROCESSES:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_IGN if interactive and name in _FROM_TERMINAL else send)


def _is_foreground() -> bool:
    """Say whether the terminal sends its signals to our process group, and so to the program."""
    if sys.platform == "win32":
        return True  # a console does to all its processes
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
