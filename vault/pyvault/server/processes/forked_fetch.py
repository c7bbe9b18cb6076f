"""Fetch in a child process that ends with the fetch (Linux), and the outcome as bytes between the two."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, NoReturn

from pyvault.errors import CredentialsError, ItemCorruptError
from pyvault.json_reader import UnreadableError, read_object
from pyvault.secret import Secret
from pyvault.sessions.session_codec import decode_session, describe, encode_session, rebuild

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.model import Credentials
    from pyvault.server.processes.fetch_aside import Fetch

#: Signals that mean their default again in a child: the parent's handlers are not its own.
_RESET = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGCHLD, signal.SIGALRM)


def fetch_in_child(fetch: Fetch) -> Credentials:
    """Fetch in a child and wait for it; may ask the human.

    Raises:
        PyvaultError: what the fetch raised there.
    """
    from pyvault.server.processes.wait_for_child import end_with_parent, following

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


MAX_RESULT = 64 * 1024  # bytes; session tokens have up to about 4 KiB

_FAILED = b"F"
_FETCHED = b"C"


def encode_result(outcome: Credentials | BaseException) -> Secret[bytes]:
    """Write what came of a fetch."""
    if isinstance(outcome, BaseException):
        return Secret(_FAILED + json.dumps(describe(outcome)).encode())
    return Secret(_FETCHED + encode_session(outcome).reveal())


def decode_result(data: Secret[bytes]) -> Credentials:
    """Give the credentials, or raise what prevented them.

    Raises:
        CredentialsError: the fetching process ended without a result.
        PyvaultError: the failure of the fetch, as it was there.
    """
    outcome, content = data.reveal()[:1], Secret(data.reveal()[1:])
    try:
        if outcome == _FETCHED:
            return decode_session(content)
        fields = read_object(content)
        failure = {name: fields.optional_text(name) or "" for name in fields.names()}
    except (ItemCorruptError, UnreadableError):  # it was killed before it was done, and some of it came
        failure = {}
    if outcome != _FAILED or not failure:
        raise CredentialsError("the process that fetches the credentials ended without a result")
    raise rebuild(failure)
