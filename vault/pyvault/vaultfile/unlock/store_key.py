"""Keys of slots of type 4: 32 random bytes as one small item in another backend.

So a desktop opens its vault file with its own store, one prompt for all items,
whatever that store's limits are. The item is ``kek/<vault id>:<slot id>``.

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

#: A desktop's store over SSH: not here, but no reason why its owner may not type the passphrase.
STORE_UNAVAILABLE = (BackendUnavailableError, BackendTimeoutError, BackendLockedError)


class StoreKeys:
    """The wrapping keys that one backend keeps."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def keep(self, vault_id: bytes, slot_id: bytes, key: Secret[bytes]) -> None:
        """Store a key; see ``StoreKeySlot.keep``."""
        with contract_errors("keep the key of the vault"):
            self._backend.put(_name(vault_id, slot_id), key)

    def find(self, slot_id: bytes, vault_id: bytes) -> Secret[bytes] | None:
        """Give a key, or None if it is kept elsewhere; see ``UnlockSources.wrapping_key``."""
        try:
            with contract_errors("give the key of the vault"):
                return self._backend.get(_name(vault_id, slot_id))
        except ItemNotFoundError:
            return None

    def drop(self, vault_id: bytes, slot_id: bytes) -> None:
        """Forget a key whose slot is gone; one that is not there is as good as forgotten."""
        with suppress(ItemNotFoundError), contract_errors("delete the key of the vault"):
            self._backend.delete(_name(vault_id, slot_id))

    def close(self) -> None:
        """Let go of the backend."""
        self._backend.close()


def kept_key(open_keys: Callable[[], StoreKeys], *, warn: Callable[[str], None]) -> KeptKey:
    """Return what looks for a key in a store, which is opened only when nothing before it has opened the vault.

    A store that is away counts as one without the key, and that is told: the human is asked next.

    Args:
        open_keys: opens the store.
        warn: is told.
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
