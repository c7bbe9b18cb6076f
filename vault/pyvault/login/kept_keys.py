"""Keys that are kept for a while, so that a person is not asked again: what can keep them, and in which form.

On Linux each is a file in the runtime directory, sealed under a key of two halves
(:mod:`pyvault.login.halves`). The life of the key is sealed with it.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Protocol

from pyvault.interruptions import pass_interruption, suppressing
from pyvault.login.halves import NOT_ALONE, PROTECTED, end_halves, find_halves, make_halves
from pyvault.login.lifetime import SIZE, Lifetime
from pyvault.record import Record
from pyvault.sealing import BrokenSealError, open_box, seal
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.clock import Moment
    from pyvault.login.halves import Halves
    from pyvault.login.runtime_directory import Place

VERSION = b"\x01"
MAX_FILE = 4096
PERSON = b"pyvault kept key"
SUFFIX = ".kept"


class KeptKey(Record):
    """One key with its life."""

    lifetime: Lifetime
    key: Secret[bytes]

    def to_bytes(self) -> Secret[bytes]:
        """Return its form in a store."""
        return Secret(VERSION + self.lifetime.to_bytes() + self.key.reveal())

    @classmethod
    def from_bytes(cls, form: Secret[bytes]) -> KeptKey | None:
        """Return the key of such a form; None if it isn't one of this version."""
        if len(form) <= len(VERSION) + SIZE or not form.reveal().startswith(VERSION):
            return None
        rest = form.reveal()[len(VERSION) :]
        return cls(lifetime=Lifetime.from_bytes(rest[:SIZE]), key=Secret(rest[SIZE:]))


class KeptKeys(Protocol):
    """What keeps keys of one purpose, by name."""

    def find(self, name: str) -> KeptKey | None:
        """Return a key whose life is not over, and note its use; None if there is none."""
        ...

    def look(self, name: str) -> KeptKey | None:
        """Return the same, and note nothing."""
        ...

    def keeper(self, *, seconds: int) -> Callable[[str, KeptKey], None]:
        """Return what keeps a key in place of an earlier one, and fails quietly if all were ended meanwhile.

        Args:
            seconds: how long the longest life is.

        Raises:
            OSError: nothing can be kept here; ``strerror`` says why.
        """
        ...

    def drop(self, name: str) -> None:
        """Remove a key; a missing one is no error."""
        ...

    def end(self) -> bool:
        """Remove all keys, and return whether none is left that can be used."""
        ...


class LoginKeys:
    """Keys in the runtime directory; see the top of this module."""

    def __init__(self, place: Place, purpose: str, clock: Callable[[], Moment]) -> None:
        """Name the place; nothing is touched.

        Args:
            place: where the halves and the files are.
            purpose: a word; each has halves of its own.
            clock: tells whose life is over.
        """
        self._place = place
        self._purpose = purpose
        self._clock = clock

    def find(self, name: str) -> KeptKey | None:
        """Return a key whose life is not over, and note its use."""
        return self._open(name, note=True)

    def look(self, name: str) -> KeptKey | None:
        """Return a key whose life is not over."""
        return self._open(name, note=False)

    def keeper(self, *, seconds: int) -> Callable[[str, KeptKey], None]:
        """Return what keeps a key. The halves are those of now: what is sealed under them dies with them."""
        halves = make_halves(self._place, self._purpose, seconds=seconds)

        def keep(name: str, kept: KeptKey) -> None:
            self._write(name, _sealed(halves, name, kept))

        return keep

    def drop(self, name: str) -> None:
        """Remove a key."""
        with suppressing(OSError):
            os.unlink(self._path(name))

    def end(self) -> bool:
        """Remove all keys and the halves that open them."""
        ended = end_halves(self._place, self._purpose)
        with suppressing(OSError):
            for file in os.listdir(self._place.directory):
                if file.startswith(f"{self._purpose}-") and file.endswith(SUFFIX):
                    os.unlink(f"{self._place.directory}/{file}")
        return ended

    def _path(self, name: str) -> str:
        return f"{self._place.directory}/{self._purpose}-{name}{SUFFIX}"

    def _open(self, name: str, *, note: bool) -> KeptKey | None:
        try:
            descriptor = os.open(self._path(name), (os.O_RDWR if note else os.O_RDONLY) | PROTECTED)
        except OSError as exc:
            pass_interruption(exc)
            return None
        try:
            return self._read(descriptor, name, note=note)
        except OSError as exc:
            pass_interruption(exc)
            return None
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int, name: str, *, note: bool) -> KeptKey | None:
        import fcntl

        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & NOT_ALONE:
            return None
        halves = find_halves(self._place, self._purpose)
        if halves is None:
            return None
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        kept = _opened(halves, name, os.pread(descriptor, MAX_FILE, 0))
        now = self._clock()
        if kept is None or kept.lifetime.is_over(now):
            return None
        if note and (lifetime := kept.lifetime.after_use(now)) is not None:
            # In place: if the file was removed meanwhile, nothing of it comes back. All boxes have one size.
            with suppressing(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # who is busy here notes a use, too
                os.pwrite(descriptor, _sealed(halves, name, KeptKey(lifetime=lifetime, key=kept.key)), 0)
        return kept

    def _write(self, name: str, box: bytes) -> None:
        path = self._path(name)
        new = f"{path}.{os.getpid()}"
        try:
            with suppressing(FileNotFoundError):
                os.unlink(new)  # of a killed process that had our number
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | PROTECTED, 0o600)
            try:
                os.fchmod(descriptor, 0o600)  # whatever the umask
                written = os.write(descriptor, box)
            finally:
                os.close(descriptor)
            if written == len(box):
                os.rename(new, path)
        finally:
            with suppressing(OSError):
                os.unlink(new)


def _sealed(halves: Halves, name: str, kept: KeptKey) -> bytes:
    return seal(Secret(halves.key(PERSON)), name.encode(), kept.to_bytes())


def _opened(halves: Halves, name: str, box: bytes) -> KeptKey | None:
    try:
        return KeptKey.from_bytes(open_box(Secret(halves.key(PERSON)), name.encode(), box))
    except BrokenSealError:
        return None
