"""The process behind the server: it fetches, and restarts the server when it dies (Linux)."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from typing import TYPE_CHECKING, cast

from pyvault import clock
from pyvault.errors import CredentialsError
from pyvault.json_reader import read_value
from pyvault.server.endpoints.refreshing_source import FETCH_LIMIT
from pyvault.server.processes.forked_fetch import encode_result, run_child, start_fetch
from pyvault.server.setup import Identity

if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pyvault.server.setup import FetchFor

    Serve = Callable[[socket.socket], int]

MAX_RESTARTS = 5  # in a minute; a server that dies at once would otherwise be restarted for ever
END_SECONDS = 5.0  # from SIGTERM to SIGKILL

_WATCHED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """Supervises one serving process.

    Args:
        serve: runs in the serving process.
        fetch: runs in a child for each fetch.
        sockets: closed in a fetching child, which may hang and must not keep an
            address busy.
        tell: warns the person at the terminal.
        forget: called before a restart: what was fetched for the first server may be
            somebody else's by now.
        prepare: called once the first server starts to load, for what only fetches need.
    """

    def __init__(
        self,
        *,
        serve: Serve,
        fetch: FetchFor,
        sockets: Sequence[_socket.socket],
        tell: Callable[[str], None],
        forget: Callable[[], None] = lambda: None,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self._prepare = prepare
        self._serve = serve
        self._fetch = fetch
        self._sockets = sockets
        self._tell = tell
        self._forget = forget
        self._server = 0
        self._fetches: set[int] = set()
        self._deaths: list[datetime] = []
        self._stopping = False

    def run(self, program: int | None = None) -> int:
        """Run the server until the program ends or a signal stops it; return an exit code.

        Args:
            program: a descriptor that becomes readable when the program has
                ended (a pidfd); None for a standalone server.
        """
        woken, waker = os.pipe()
        os.set_blocking(waker, False)
        os.set_blocking(woken, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for number in _WATCHED:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
                signal.signal(number, _do_nothing)
        if program is not None:
            # Ctrl-C at our prompt ends the prompt; the program decides when everything ends.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._woken = woken
        self._start()
        self._prepare()
        poll = select.poll()
        for descriptor in (woken, *(() if program is None else (program,))):
            poll.register(descriptor, select.POLLIN)
        try:
            while not self._stopping and self._server:
                poll.register(self._link, select.POLLIN)
                ready = {descriptor for descriptor, _event in poll.poll()}
                poll.unregister(self._link)
                if program in ready:
                    break
                if self._link.fileno() in ready:
                    self._take_request()
                if woken in ready:
                    self._on_signals()
        finally:
            self._end()
        return 0 if self._stopping or program is not None else 1

    def _start(self) -> None:
        self._link, far_end = make_link()

        def before() -> None:
            self._link.close()
            signal.set_wakeup_fd(-1)
            # Ctrl-C at a standalone server reaches both; the supervisor decides, and sends SIGTERM.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

        self._server = run_child(lambda: self._serve(far_end), before=before)
        far_end.close()

    def _take_request(self) -> None:
        request = take_request(self._link)
        if request is None:
            return  # the server has ended: SIGCHLD follows
        identity, writer = request
        try:
            pid = start_fetch(
                lambda: self._fetch(identity), writer, limit=int(FETCH_LIMIT), before=self._close_inherited
            )
            self._fetches.add(pid)
        except OSError as exc:  # no room for a process now; the server tries again
            os.write(writer, encode_result(CredentialsError(f"can't start a process: {exc.strerror}")).reveal())
        finally:
            os.close(writer)

    def _close_inherited(self) -> None:
        """Close, in a fetching child, what would keep the link or an address open."""
        signal.set_wakeup_fd(-1)
        self._link.close()
        for each in self._sockets:
            each.close()

    def _on_signals(self) -> None:
        numbers = os.read(self._woken, 4096)
        if {signal.SIGTERM, signal.SIGINT, signal.SIGHUP} & set(numbers):
            self._stopping = True
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._on_end(*ended)

    def _on_end(self, pid: int, status: int) -> None:
        self._fetches.discard(pid)
        if pid != self._server:
            return
        self._server = 0
        self._link.close()
        if self._stopping:
            return
        now = clock.now()
        self._deaths = [death for death in self._deaths if (now - death).total_seconds() < 60] + [now]
        if len(self._deaths) > MAX_RESTARTS:
            self._tell(f"the credential server {_ended(status)} again and will not be restarted")
            return
        self._tell(f"the credential server {_ended(status)} and is being restarted")
        self._forget()
        self._start()

    def _end(self) -> None:
        for pid in self._fetches:
            _kill(pid, signal.SIGTERM)
        if not self._server:
            return
        _kill(self._server, signal.SIGTERM)
        signal.signal(signal.SIGALRM, self._kill_server)
        signal.setitimer(signal.ITIMER_REAL, END_SECONDS)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._server, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._link.close()

    def _kill_server(self, _number: int, _frame: object) -> None:
        _kill(self._server, signal.SIGKILL)


def _do_nothing(_number: int, _frame: object) -> None:
    """Have the number written to the wakeup pipe, which is all that is needed."""


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _ended(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


MAX_MESSAGE = 8 * 1024  # a profile's name has up to 512 bytes, a role's ARN up to 2048


def make_link() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a link that keeps messages apart and shows when either side ends."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def take_request(link: socket.socket) -> tuple[Identity, int] | None:
    """Receive one request and its pipe; None when the other side has ended."""
    message, descriptors, _flags, _address = socket.recv_fds(link, MAX_MESSAGE, 1)
    for descriptor in descriptors:  # those of recv_fds are inheritable
        os.set_inheritable(descriptor, False)
    if not message or len(descriptors) != 1:
        for descriptor in descriptors:
            os.close(descriptor)
        return None
    profile, role_arn = cast("tuple[str, str | None]", read_value(message))  # from fetch_by_supervisor
    return Identity(profile, role_arn), descriptors[0]
