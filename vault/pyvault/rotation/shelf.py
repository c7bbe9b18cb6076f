"""The stored credentials and the journal of a rotation in one backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.storage.guard import contract_errors

if TYPE_CHECKING:
    from pyvault.model import StoredCredentials
    from pyvault.names import ItemName
    from pyvault.secret import Secret
    from pyvault.storage.store import CredentialStore


class StoreShelf:
    """See :class:`pyvault.rotation.tools.Shelf`."""

    def __init__(self, store: CredentialStore) -> None:
        self._store = store

    def get(self, profile: str) -> StoredCredentials:
        """Give the stored credentials."""
        return self._store.get(profile)

    def put(self, profile: str, credentials: StoredCredentials) -> None:
        """Replace them."""
        self._store.put(profile, credentials)

    def get_item(self, name: ItemName) -> Secret[bytes]:
        """Give an item's bytes."""
        with contract_errors(f"read '{name}'"):
            return self._store.backend.get(name)

    def put_item(self, name: ItemName, data: Secret[bytes]) -> None:
        """Replace an item."""
        with contract_errors(f"write '{name}'"):
            self._store.backend.put(name, data)

    def delete_item(self, name: ItemName) -> None:
        """Remove an item."""
        with contract_errors(f"delete '{name}'"):
            self._store.backend.delete(name)
