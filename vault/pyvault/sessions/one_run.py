"""One run of a command for all who ask at the same time, and nothing kept.

What a configured command says is true when it says it: the next run may answer for
another identity. So its answer is no cached session. Yet many programs that start
together must not open a browser each. The first runs the command; its answer goes to
those who were waiting when the run ended, and to nobody who comes later.

Whoever asks holds a lock of its own beside the one of the run, under a random name:
so the leader sees who waits, and those who were killed are no waiters. Only if there
is one does the answer leave the process: into the session file, sealed, addressed to
those names, and the last of them removes it. It is never in the clear on a disk, and
it works wherever the session file does. A socket would need none of this, and would
be one more door, one that Windows lacks.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.errors import BackendError, ItemNotFoundError, LockTimeoutError, WriteFailedError
from pyvault.files.lock import LockFile
from pyvault.interruptions import suppressing
from pyvault.names import Kind
from pyvault.secret import Secret
from pyvault.sessions.single_flight import is_unwritable
from pyvault.thread_locks import holding

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from pyvault.clock import Clock
    from pyvault.sessions.cache import BlobStore
    from pyvault.sessions.single_flight import SingleFlight

#: After which an answer goes with whatever is written next, should all who waited for it have been killed.
LIFE = timedelta(minutes=1)


class OneRun:
    """Lets one of those who want the same command run it."""

    def __init__(self, flight: SingleFlight, blobs: BlobStore, clock: Clock) -> None:
        """Name the locks and the place of answers; nothing is touched yet."""
        self._flight = flight
        self._blobs = blobs
        self._clock = clock

    def share(self, key: str, run: Callable[[], Secret[bytes]]) -> Secret[bytes]:
        """Return what *run* gives here, or gave to another that was still at it when this call came.

        Args:
            key: hex digits; equal keys may share a run.
            run: runs the command.

        Raises:
            PyvaultError: what *run* raised, here or in the other.
            WriteFailedError: a lock can't be made.
        """
        with ExitStack() as asking:
            try:
                me = asking.enter_context(self._asking(key))
            except WriteFailedError as problem:
                if not is_unwritable(problem):
                    raise
                return run()
            return self._flight.share(
                key,
                look_up=lambda: self._handed_over(key, me, asking.close),
                fetch=lambda: self._lead(key, me, run),
            )

    @holding
    def _asking(self, key: str) -> Generator[str]:
        """Be seen by whoever leads; yield the name to be addressed by."""
        me = secrets.token_hex(16)
        path = self._flight.lock_of_waiter(key, me)
        try:
            with LockFile(path, ephemeral=True):
                yield me
        finally:
            with suppressing(OSError):  # on Windows no lock goes by itself
                path.unlink(missing_ok=True)

    def _lead(self, key: str, me: str, run: Callable[[], Secret[bytes]]) -> Secret[bytes]:
        output = run()
        if waiting := self._others(key, me):
            addressed = " ".join(waiting).encode() + b"\n" + output.reveal()
            with suppress(BackendError):  # then they run it themselves
                self._blobs.put_blob(Kind.PENDING, key, Secret(addressed), expires=self._clock() + LIFE)
        return output

    def _handed_over(self, key: str, me: str, leave: Callable[[], None]) -> Secret[bytes]:
        """Return the answer of a run that ended while we waited.

        Args:
            key: of the run.
            me: whom it has to be addressed to.
            leave: ends our own asking, so that the next one knows whether it is the last.

        Raises:
            ItemNotFoundError: there is none, or none for us.
        """
        names, _, output = self._blobs.get_blob(Kind.PENDING, key).reveal().partition(b"\n")
        addressed = names.decode().split()
        if me not in addressed:
            raise ItemNotFoundError("this answer is for others")
        leave()
        if not set(addressed) & set(self._others(key, me)):
            with suppress(BackendError):
                self._blobs.delete_blob(Kind.PENDING, key)
        return Secret(output)

    def _others(self, key: str, me: str) -> list[str]:
        """List who else asks."""
        return [name for name, path in self._flight.waiters(key).items() if name != me and _is_held(path)]


def _is_held(path: Path) -> bool:
    """Return whether somebody holds a lock; the file of one that nobody holds is gone afterwards."""
    try:
        with LockFile(path, timeout=0, ephemeral=True):
            return False
    except LockTimeoutError:
        return True
