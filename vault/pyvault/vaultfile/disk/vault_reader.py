"""One open vault file, read in a safe order.

Descriptor checks, magic, version, bounds, exact length, slots; then the HMAC;
then the index; and only the requested record. The descriptor stays on one file
while others are renamed over its name, so what is read fits together.

Source: docs/vault-format.md, section 5.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pyvault.errors import TamperedError
from pyvault.files.file_checks import FileChecks
from pyvault.record import Record
from pyvault.sealing import BrokenSealError
from pyvault.vaultfile.disk.local_place import open_content
from pyvault.vaultfile.format.header import FIXED_SIZE, MAC_SIZE, Header, parse_fixed
from pyvault.vaultfile.format.index import Index, IndexEntry, open_index
from pyvault.vaultfile.format.sealed_record import open_record

if TYPE_CHECKING:
    from types import TracebackType

    from pyvault.secret import Secret
    from pyvault.vaultfile.format.sealed_record import Keys
    from pyvault.vaultfile.place import Content, Look, Source
    from pyvault.vaultfile.state.remembering import Memory
    from pyvault.vaultfile.state.trust_store import TrustStore


class Snapshot(Record):
    """One verified state of a vault.

    Attributes:
        mac: the HMAC over the header.
    """

    header: Header
    mac: bytes
    index: Index


class VaultReader:
    """An open vault file; :attr:`header` is unverified until :meth:`snapshot`."""

    def __init__(self, path: Path | Source, checks: FileChecks, look: Look = "any") -> None:
        """Open the file and read its header.

        Args:
            path: of a local file; or another place.
            checks: of a local file.
            look: how new the state must be.

        Raises:
            VaultFileError: see :func:`~pyvault.files.file_checks.open_vault_file` and
                :func:`~pyvault.vaultfile.format.header.parse_fixed`.
        """
        self.path = path
        self.content: Content = open_content(path, checks) if isinstance(path, Path) else path.open(checks, look)
        try:
            self.header, self._signed, self._mac = self._read_header()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; may be called twice."""
        self.content.close()

    def confirm(self, trust: TrustStore | Memory | None) -> None:
        """Take note that this state passed all checks; only its place knows whether that is worth remembering."""
        if trust is not None:
            self.content.confirm(trust, self.header.vault_id)

    def snapshot(self, keys: Keys) -> Snapshot:
        """Verify the header, open the index, and return both.

        Raises:
            TamperedError: header or index were modified or damaged.
        """
        self.verify_header(keys)
        box = self.content.read(len(self._signed) + MAC_SIZE, self.header.index_size)
        index = open_index(keys, self.header, box, self.path)
        return Snapshot(header=self.header, mac=self._mac, index=index)

    def still_shows(self, snapshot: Snapshot) -> bool:
        """Return whether the file still has the header of *snapshot*."""
        return (self.header, self._mac) == (snapshot.header, snapshot.mac)

    def verify_header(self, keys: Keys) -> None:
        """Check the HMAC over the header.

        Raises:
            TamperedError: it is invalid.
        """
        if not self.is_signed_by(keys):
            raise TamperedError(f"the header of '{self.path}' was modified or damaged")

    def is_signed_by(self, keys: Keys) -> bool:
        """Return whether the HMAC over the header is valid."""
        return keys.verifies(self._signed, self._mac)

    def box(self, entry: IndexEntry) -> bytes:
        """Return a sealed record, after checking its hash.

        Raises:
            TamperedError: the record is damaged; the message names it.
        """
        start = len(self._signed) + MAC_SIZE + self.header.index_size
        box = self.content.read(start + entry.offset, entry.length)
        if hashlib.sha256(box).digest() != entry.digest:
            raise TamperedError(f"the record '{entry.name}' in '{self.path}' was modified or damaged")
        return box

    def record(self, keys: Keys, entry: IndexEntry) -> Secret[bytes]:
        """Return the payload of a record.

        Raises:
            TamperedError: the record is damaged; the message names it.
        """
        box = self.box(entry)
        try:
            return open_record(keys, self.header.vault_id, entry.record_id, entry.revision, box)
        except BrokenSealError:
            message = f"the record '{entry.name}' in '{self.path}' was modified or damaged"
            raise TamperedError(message) from None

    def is_damaged(self, keys: Keys, entry: IndexEntry) -> bool:
        """Return whether a record can't be opened."""
        try:
            self.record(keys, entry)
        except TamperedError:
            return True
        return False

    def _read_header(self) -> tuple[Header, bytes, bytes]:
        size = self.content.size
        start = self.content.read(0, min(size, FIXED_SIZE))
        fixed = parse_fixed(start, size, self.path)
        slots = self.content.read(FIXED_SIZE, fixed.slots_size)
        mac = self.content.read(FIXED_SIZE + fixed.slots_size, MAC_SIZE)
        return fixed.with_slots(slots, self.path), start + slots, mac


def read_header(path: Path | Source, checks: FileChecks | None = None) -> Header:
    """Return the header of a vault, unverified because no key is used.

    Raises:
        VaultFileError: not a readable vault.
    """
    with VaultReader(path, checks or FileChecks()) as reader:
        return reader.header
