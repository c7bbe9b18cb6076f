"""The last state of a vault in a bucket, kept on this machine as it was sent: sealed.

It saves the transfer of what has not changed, and is read for a while when the bucket
can't be reached. It is believed no more than any vault file. One file holds the ETag and
the time of the write, in a line, and the bytes, so that they always belong together. A digest of all
of it comes first: a copy that the disk has damaged is transferred again, and not told as a
vault that was tampered with.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pyvault.errors import PyvaultError
from pyvault.files.atomic import remove_leftovers, replace_file
from pyvault.files.file_checks import FileChecks, check_state_directory, make_private_directory
from pyvault.files.reading import read_file
from pyvault.interruptions import pass_interruption
from pyvault.record import Record
from pyvault.trace import trace
from pyvault.vaultfile.format.header import MAX_FILE_SIZE

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = b"pyvault-kept-v2 "
MAX_TAG = 1024  # bytes


class Kept(Record):
    """What was kept.

    Attributes:
        modified: epoch seconds.
    """

    tag: str
    modified: float
    body: bytes


class KeptCopy:
    """The copy of one object."""

    def __init__(self, cache: Path, identity: str, checks: FileChecks) -> None:
        self._cache = cache
        self._identity = identity
        self._checks = checks

    @property
    def path(self) -> Path:
        """Where it is."""
        digest = hashlib.sha256(self._identity.encode()).hexdigest()[:32]
        return self._cache / "vaults" / f"{digest}.pyv"

    def load(self) -> Kept | None:
        """Return what was kept; None if there are none, or others could have changed them."""
        try:
            check_state_directory(self.path.parent, self._checks)
            content = read_file(self.path, MAX_FILE_SIZE + MAX_TAG)
        except (OSError, PyvaultError) as exc:
            pass_interruption(exc)
            return None
        digest, _, kept = content.removeprefix(PREFIX).partition(b" ")
        if not content.startswith(PREFIX) or digest != _digest(kept):  # damaged, or of an earlier version
            return None
        first, _, body = kept.partition(b"\n")
        modified, _, tag = first.decode().partition(" ")
        return Kept(tag=tag, modified=float(modified), body=body)

    def save(self, kept: Kept) -> None:
        """Keep a state; where that fails, the next start transfers it again."""
        try:
            make_private_directory(self.path.parent, self._checks)
            check_state_directory(self.path.parent, self._checks)
            remove_leftovers(self.path)
            content = f"{int(kept.modified)} {kept.tag}\n".encode() + kept.body
            replace_file(self.path, b"".join((PREFIX, _digest(content), b" ", content)))
        except PyvaultError as problem:
            trace(__name__, "no copy was kept: %s", problem.message)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
