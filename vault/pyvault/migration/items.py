"""What moves with a profile from store to store: its key pair, and the MFA device kept beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from pyvault.mfa.totp import totp_name
from pyvault.names import Kind
from pyvault.storage.fence import contract_errors

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyvault.model import StoredCredentials
    from pyvault.secret import Secret
    from pyvault.storage.typed_store import CredentialStore

T = TypeVar("T")


class StoredItems(Protocol[T]):
    """All items of one kind in one store, by profile."""

    kind: ClassVar[Kind]

    def get(self, profile: str) -> T:
        """Return the profile's.

        Raises:
            ItemNotFoundError: it has none.
        """
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Return the context in which it is read and written as one change, where the store can."""
        ...

    def put(self, profile: str, item: T) -> None:
        """Store or replace it."""
        ...

    def delete(self, profile: str) -> None:
        """Remove it."""
        ...

    def same(self, one: T, other: T) -> bool:
        """Return whether two of them are as good as one."""
        ...


class Keys:
    """The access key pairs of a store."""

    kind: ClassVar[Kind] = Kind.CREDENTIAL

    def __init__(self, store: CredentialStore) -> None:
        self._store = store

    def get(self, profile: str) -> StoredCredentials:
        """Return the profile's pair."""
        return self._store.get(profile)

    def transaction(self) -> AbstractContextManager[None]:
        """Return the context of one change."""
        return self._store.transaction()

    def put(self, profile: str, item: StoredCredentials) -> None:
        """Store or replace it."""
        self._store.put(profile, item)

    def delete(self, profile: str) -> None:
        """Remove it."""
        self._store.delete(profile)

    def same(self, one: StoredCredentials, other: StoredCredentials) -> bool:
        """Compare the keys: the date is ours and may be missing."""
        return (one.access_key_id, one.secret_access_key) == (other.access_key_id, other.secret_access_key)


class Devices:
    """The MFA devices kept in a store."""

    kind: ClassVar[Kind] = Kind.TOTP

    def __init__(self, store: CredentialStore) -> None:
        self._backend, self._store = store.backend, store

    def get(self, profile: str) -> Secret[bytes]:
        """Return the profile's device, as it is stored."""
        name = totp_name(profile)
        with contract_errors(f"read '{name}'"):
            return self._backend.get(name)

    def transaction(self) -> AbstractContextManager[None]:
        """Return the context of one change."""
        return self._store.transaction()

    def put(self, profile: str, item: Secret[bytes]) -> None:
        """Store or replace it."""
        name = totp_name(profile)
        with contract_errors(f"write '{name}'"):
            self._backend.put(name, item)

    def delete(self, profile: str) -> None:
        """Remove it."""
        name = totp_name(profile)
        with contract_errors(f"delete '{name}'"):
            self._backend.delete(name)

    def same(self, one: Secret[bytes], other: Secret[bytes]) -> bool:
        """Compare them byte for byte."""
        return one == other
