"""Keys of slots of type 4: 32 random bytes as one small item in another backend.

So a desktop unlocks its vault file with its own store, with one prompt for all items
and whatever that store's limits are. The item is ``kek/<vault id>:<slot id>``.

Source: docs/vault-format.md, section 4.
"""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from pyvault.errors import BackendLockedError, BackendTimeoutError, BackendUnavailableError, ItemNotFoundError
from pyvault.names import ItemName, Kind
from pyvault.storage.fence import contract_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.backend import Backend
    from pyvault.secret import Secret

    KeptKey = Callable[[bytes, bytes], Secret[bytes] | None]

#: A desktop's store is not available over SSH, but its owner can still type the passphrase.
STORE_UNAVAILABLE = (BackendUnavailableError, BackendTimeoutError, BackendLockedError)


class StoreKeys:
    """The wrapping keys that one backend keeps."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def keep(self, vault_id: bytes, slot_id: bytes, key: Secret[bytes]) -> None:
        """Store a key; see ``StoreKeySlot.keep``."""
        with contract_errors("store the key of the vault"):
            self._backend.put(_name(vault_id, slot_id), key)

    def find(self, slot_id: bytes, vault_id: bytes) -> Secret[bytes] | None:
        """Return a key, or None if this store doesn't have it; see ``UnlockSources.wrapping_key``."""
        try:
            with contract_errors("read the key of the vault"):
                return self._backend.get(_name(vault_id, slot_id))
        except ItemNotFoundError:
            return None

    def drop(self, vault_id: bytes, slot_id: bytes) -> None:
        """Delete a key whose slot is gone; a missing one is no error."""
        with suppress(ItemNotFoundError), contract_errors("delete the key of the vault"):
            self._backend.delete(_name(vault_id, slot_id))

    def close(self) -> None:
        """Close the backend."""
        self._backend.close()


def kept_key(open_keys: Callable[[], StoreKeys], *, warn: Callable[[str], None]) -> KeptKey:
    """Return what looks up a key in a store, which is opened only if no earlier source opened the vault.

    An unavailable store counts as one without the key, after a warning: the user is asked next.

    Args:
        open_keys: opens the store.
        warn: called with the warning.
    """

    def find(slot_id: bytes, vault_id: bytes) -> Secret[bytes] | None:
        try:
            with closing(open_keys()) as keys:
                return keys.find(slot_id, vault_id)
        except STORE_UNAVAILABLE as problem:
            warn(f"the store that keeps the vault's key can't be used: {problem.message}")
            return None

    return find


def _name(vault_id: bytes, slot_id: bytes) -> ItemName:
    return ItemName(Kind.KEK, f"{vault_id.hex()}:{slot_id.hex()}")
