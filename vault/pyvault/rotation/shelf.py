"""The stored credentials and the journal of a rotation in one backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ItemNotFoundError
from pyvault.names import ItemName, Kind
from pyvault.storage.fence import contract_errors

if TYPE_CHECKING:
    from pyvault.model import StoredCredentials
    from pyvault.secret import Secret
    from pyvault.storage.typed_store import CredentialStore


class StoreShelf:
    """See :class:`pyvault.rotation.tools.Shelf`.

    It remembers what came of each call: when one fails, what to do next can be
    said without asking a store that may be what has failed.

    Attributes:
        replaced: the profiles whose credentials were.
    """

    def __init__(self, store: CredentialStore) -> None:
        self._store = store
        self._there: set[ItemName] = set()
        self.replaced: set[str] = set()

    def is_under_way(self, profile: str) -> bool:
        """Say whether a journal of the profile was there when one was last read, written or removed."""
        return ItemName(Kind.PENDING, profile) in self._there

    def get(self, profile: str) -> StoredCredentials:
        """Give the stored credentials."""
        return self._store.get(profile)

    def put(self, profile: str, credentials: StoredCredentials) -> None:
        """Replace them."""
        self._store.put(profile, credentials)
        self.replaced.add(profile)

    def get_item(self, name: ItemName) -> Secret[bytes]:
        """Give an item's bytes."""
        try:
            with contract_errors(f"read '{name}'"):
                data = self._store.backend.get(name)
        except ItemNotFoundError:
            self._there.discard(name)
            raise
        self._there.add(name)
        return data

    def put_item(self, name: ItemName, data: Secret[bytes]) -> None:
        """Replace an item."""
        with contract_errors(f"write '{name}'"):
            self._store.backend.put(name, data)
        self._there.add(name)

    def delete_item(self, name: ItemName) -> None:
        """Remove an item."""
        with contract_errors(f"delete '{name}'"):
            self._store.backend.delete(name)
        self._there.discard(name)
