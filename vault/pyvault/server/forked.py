"""Fetch in a child process that ends with the fetch (Linux).

boto3 stays out of the memory of whoever waits, a fetch that hangs can be ended,
and what was unlocked before the fork needs no second passphrase. Fork without
exec is safe here because the parent has one thread; elsewhere system frameworks
forbid it.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, NoReturn

from pyvault.secret import Secret
from pyvault.server.result_codec import MAX_RESULT, decode_result, encode_result

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.model import Credentials
    from pyvault.server.fetching import Fetch

#: Signals that mean their default again in a child: the parent's handlers are not its own.
_RESET = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGCHLD, signal.SIGALRM)


def fetch_in_child(fetch: Fetch) -> Credentials:
    """Fetch in a child and wait for it; may ask the human.

    Raises:
        PyvaultError: what the fetch raised there.
    """
    from pyvault.server.following import end_with_parent, following

    reader, writer = os.pipe()
    parent = os.getpid()
    pid = start_fetch(fetch, writer, limit=0, before=lambda: end_with_parent(parent))
    os.close(writer)
    try:
        with following(pid):
            data = _read_all(reader)
    except BaseException:  # Ctrl-C: the child has had it too, or must not ask on
        os.kill(pid, signal.SIGTERM)
        raise
    finally:
        os.close(reader)
        os.waitpid(pid, 0)
    return decode_result(data)


def start_fetch(fetch: Fetch, writer: int, *, limit: int, before: Callable[[], None] = lambda: None) -> int:
    """Start a child that writes the outcome of the fetch into *writer*, and give its process id.

    Args:
        fetch: runs in the child.
        writer: the writing end of a pipe; stays open here.
        limit: seconds after which the kernel ends the child; 0 for none.
        before: runs in the child first, to let go of what is not its own.

    Raises:
        OSError: the system has no room for another process.
    """
    pid, held = _fork()
    if pid:
        return pid
    try:
        for number in _RESET:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a question must give the terminal back
        signal.alarm(limit)
        before()
        _release_signals(held)
        _report(fetch, writer)
    finally:
        # Not sys.exit: the parent's clean-up, buffers and tracebacks are not this child's.
        os._exit(0)


def run_child(work: Callable[[], int], *, before: Callable[[], None]) -> int:
    """Start a child that runs *work* and ends with its exit code; give its process id.

    Args:
        before: runs in the child first, to say what signals mean there.

    Raises:
        OSError: the system has no room for another process.
    """
    pid, held = _fork()
    if not pid:
        _end_with(work, before, held)
    return pid


def _end_with(work: Callable[[], int], before: Callable[[], None], held: set[int]) -> NoReturn:
    code = 70
    try:
        before()
        _release_signals(held)
        code = work()
    finally:
        os._exit(code)


def _fork() -> tuple[int, set[int]]:
    """Fork; signals wait in the child: one that met it with its parent's handlers would be lost.

    Returns:
        What ``os.fork`` gives, and the signals that the child has to let through.
    """
    held = set(signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()))
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid:  # the parent, also of a child that there is no room for
            _release_signals(held)
    return pid, held


def _release_signals(held: set[int]) -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _report(fetch: Fetch, writer: int) -> None:
    outcome: Credentials | BaseException
    try:
        outcome = fetch()
    except BaseException as exc:  # noqa: BLE001 - whatever it is, the parent waits to hear of it
        outcome = exc
    data = encode_result(outcome)
    view = memoryview(data.reveal())
    while view:
        view = view[os.write(writer, view) :]


def _read_all(reader: int) -> Secret[bytes]:
    received = bytearray()
    while len(received) <= MAX_RESULT and (part := os.read(reader, MAX_RESULT)):
        received += part
    return Secret(bytes(received))
