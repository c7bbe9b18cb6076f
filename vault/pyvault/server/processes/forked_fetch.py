"""Fetch in a child process that ends with the fetch (Linux), and pass the result as bytes."""

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

    Fetch = Callable[[], Credentials]

#: Signals that a child resets to their default: the parent's handlers are not for it.
_RESET = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGCHLD, signal.SIGALRM)


def fetch_in_child(fetch: Fetch) -> Credentials:
    """Fetch in a child and wait for it; a person may be asked.

    Raises:
        OSError: the system has no room for another process.
        PyvaultError: what the fetch raised there.
    """
    from pyvault.server.processes.wait_for_child import end_with_parent, signals_to_child_first

    reader, writer = os.pipe()
    parent = os.getpid()
    try:
        pid = start_fetch(fetch, writer, limit=0, before=lambda: end_with_parent(parent))
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    try:
        with signals_to_child_first(pid):
            data = _read_all(reader)
    except BaseException:  # Ctrl-C: the child has got it too, or must stop asking
        os.kill(pid, signal.SIGTERM)
        raise
    finally:
        os.close(reader)
        os.waitpid(pid, 0)
    return decode_result(data)


def start_fetch(fetch: Fetch, writer: int, *, limit: int, before: Callable[[], None] = lambda: None) -> int:
    """Start a child that writes the result of the fetch into *writer*, and return its process id.

    Args:
        fetch: runs in the child.
        writer: the writing end of a pipe; stays open here.
        limit: seconds after which the kernel ends the child; 0 for no limit.
        before: runs in the child first, to close what it must not hold.

    Raises:
        OSError: the system has no room for another process.
    """
    pid, mask = _fork()
    if pid:
        return pid
    try:
        for number in _RESET:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a prompt must restore the terminal
        signal.alarm(limit)
        before()
        _restore_signals(mask)
        _write_result(fetch, writer)
    finally:
        # Not sys.exit: the parent's clean-up, buffers and tracebacks are not this child's.
        os._exit(0)


def run_child(work: Callable[[], int], *, before: Callable[[], None]) -> int:
    """Start a child that runs *work* and ends with its exit code, and return its process id.

    Args:
        before: runs in the child first, to set its signal handlers.

    Raises:
        OSError: the system has no room for another process.
    """
    pid, mask = _fork()
    if not pid:
        _end_with(work, before, mask)
    return pid


def _end_with(work: Callable[[], int], before: Callable[[], None], mask: set[int]) -> NoReturn:
    code = 70
    try:
        before()
        _restore_signals(mask)
        code = work()
    finally:
        os._exit(code)


def _fork() -> tuple[int, set[int]]:
    """Fork with signals blocked in the child: one that came while it has its parent's handlers would be lost.

    Returns:
        What ``os.fork`` returned, and the signal mask that the child has to restore.
    """
    mask = set(signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()))
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid:  # the parent, also where the fork failed
            _restore_signals(mask)
    return pid, mask


def _restore_signals(mask: set[int]) -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _write_result(fetch: Fetch, writer: int) -> None:
    result: Credentials | BaseException
    try:
        result = fetch()
    except BaseException as exc:  # noqa: BLE001 - the parent waits for it, whatever it is
        result = exc
    data = encode_result(result)
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


def encode_result(result: Credentials | BaseException) -> Secret[bytes]:
    """Return the result of a fetch as bytes."""
    if isinstance(result, BaseException):
        return Secret(_FAILED + json.dumps(describe(result)).encode())
    return Secret(_FETCHED + encode_session(result).reveal())


def decode_result(data: Secret[bytes]) -> Credentials:
    """Return the credentials, or raise what the fetch raised.

    Raises:
        CredentialsError: the fetching process ended without a result.
        PyvaultError: as in the child.
    """
    kind, content = data.reveal()[:1], Secret(data.reveal()[1:])
    try:
        if kind == _FETCHED:
            return decode_session(content)
        fields = read_object(content)
        failure = {name: fields.optional_text(name) or "" for name in fields.names()}
    except (ItemCorruptError, UnreadableError):  # it was killed while it wrote
        failure = {}
    if kind != _FAILED or not failure:
        raise CredentialsError("the process that fetches the credentials ended without a result")
    raise rebuild(failure)
