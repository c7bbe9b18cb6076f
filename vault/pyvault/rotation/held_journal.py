"""The journal of a rotation as one run holds it: begun once, written by nobody else meanwhile.

Each run has an id of its own, which stands in what it writes. Where the store has versions, the second
of two runs on two machines is refused by the store before it asks AWS for a key; elsewhere a run still
notices the other's id when it reads. The lock between rotations of one machine comes before all this.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from pyvault.errors import ConflictError, ItemNotFoundError
from pyvault.names import ItemName, Kind
from pyvault.record import replace
from pyvault.rotation.journal import dump_journal, parse_journal
from pyvault.storage.fence import contract_errors
from pyvault.storage.item_versions import create_item, read_item, replace_item
from pyvault.surface import call

if TYPE_CHECKING:
    from pyvault.rotation.journal import Journal
    from pyvault.secret import Secret
    from pyvault.storage.typed_store import CredentialStore


def find_journal(store: CredentialStore, profile: str) -> Journal | None:
    """Return the journal of a rotation of *profile* that is under way; None if there is none.

    Raises:
        ItemCorruptError: it can't be read.
    """
    return HeldJournal(store, profile).read()


class HeldJournal:
    """The item ``pending/<profile>``.

    Attributes:
        is_there: whether it was when it was last read, written or removed; so after a failure nobody
            asks a store that may be what failed.
    """

    def __init__(self, store: CredentialStore, profile: str) -> None:
        self._backend = store.backend
        self._profile = profile
        self._name = ItemName(Kind.PENDING, profile)
        self._owner = secrets.token_hex(16)
        self._version: str | None = None
        self._is_ours = False
        self.is_there = False

    def read(self) -> Journal | None:
        """Return it; None if there is none.

        Raises:
            ConflictError: it was this run's, and is another's.
            ItemCorruptError: it can't be read.
        """
        try:
            data, version = read_item(self._backend, self._name)
        except ItemNotFoundError:
            if self._is_ours:
                raise self._lost() from None
            self.is_there = False
            return None
        journal = parse_journal(data, self._profile)
        if self._is_ours and journal.owner != self._owner:
            raise self._lost()
        self._version, self.is_there = version, True
        return journal

    def begin(self, journal: Journal) -> None:
        """Write the first one.

        Raises:
            ConflictError: another run was faster.
        """
        try:
            version = create_item(self._backend, self._name, self._signed(journal))
        except ConflictError:
            raise self._lost() from None
        self._hold(version)

    def write(self, journal: Journal) -> None:
        """Write the next one; from then on it is this run's.

        Raises:
            ConflictError: another run has written it since it was read here; nothing changed.
        """
        try:
            version = replace_item(self._backend, self._name, self._signed(journal), self._version)
        except (ConflictError, ItemNotFoundError):
            raise self._lost() from None
        self._hold(version)

    def forget(self) -> None:
        """Remove it."""
        with contract_errors(f"delete '{self._name}'"):
            self._backend.delete(self._name)
        self._version, self._is_ours, self.is_there = None, False, False

    def _signed(self, journal: Journal) -> Secret[bytes]:
        return dump_journal(replace(journal, owner=self._owner))

    def _hold(self, version: str | None) -> None:
        self._version, self._is_ours, self.is_there = version, True, True

    def _lost(self) -> ConflictError:
        return ConflictError(
            f"another run of 'pyvault rotate' has the rotation of {self._profile!r}",
            hint=f"let it finish; if it was killed: {call('rotate', self._profile)} goes on with it",
        )
