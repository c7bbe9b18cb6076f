"""Stored credentials in a backend: the typed view over named blobs.

The backend keeps bytes under names; here they become access key pairs under
profiles. Every call goes through :func:`~pyvault.storage.fence.contract_errors`, so
that nothing foreign gets past this module.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

from pyvault.backend import Attributed, Transactional
from pyvault.clock import parse_rfc3339, to_rfc3339
from pyvault.errors import ConflictError, ItemCorruptError, PyvaultError
from pyvault.names import Kind, ProfileName, credential_name
from pyvault.storage.fence import changing, contract_errors
from pyvault.storage.item_codec import decode_credentials, encode_credentials
from pyvault.thread_locks import holding

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from pyvault.backend import Backend
    from pyvault.model import StoredCredentials
    from pyvault.names import ItemName

ACCESS_KEY_ID = "access_key_id"
CREATED = "created"


class CredentialStore:
    """The long-lived access keys in one backend."""

    def __init__(self, backend: Backend, *, changed: Callable[[], object] = lambda: None) -> None:
        """Take the backend.

        Args:
            backend: the store of blobs underneath.
            changed: called before and after each change of pairs; what it raises keeps a change from being made.
        """
        self._backend = backend
        self._changed = changed

    @property
    def backend(self) -> Backend:
        """The store of blobs underneath."""
        return self._backend

    def get(self, profile: str) -> StoredCredentials:
        """Return the stored pair of a profile.

        Raises:
            ItemNotFoundError: nothing is stored for it.
            ItemCorruptError: what is stored is not a pair.
        """
        name = credential_name(profile)
        with contract_errors(f"read '{name}'"):
            data = self._backend.get(name)
        return decode_credentials(data, of=f"the item '{name}'")

    def put(self, profile: str, credentials: StoredCredentials) -> None:
        """Store or replace the pair of a profile."""
        name = credential_name(profile)
        data = encode_credentials(credentials)
        with self._telling(), contract_errors(f"write '{name}'"):
            if isinstance(self._backend, Attributed):
                self._backend.put_with(name, data, _attributes(credentials))
            else:
                self._backend.put(name, data)

    def create(self, profile: str, credentials: StoredCredentials) -> None:
        """Store the pair of a profile that has none; where the store can, of two who do this at once one fails.

        Raises:
            ConflictError: a pair is stored for it; nothing changed.
        """
        from pyvault.storage.item_versions import create_item

        name = credential_name(profile)
        if name.name in self.profiles():  # the same pair is no other one for a store
            raise ConflictError(f"there is an item '{name}' already")
        with self._telling(), self.transaction():
            create_item(self._backend, name, encode_credentials(credentials))
            self._add_attributes(name, credentials)

    def get_versioned(self, profile: str) -> tuple[StoredCredentials, str | None]:
        """Return the stored pair of a profile and its version, None where the store has none; raises as :meth:`get`."""
        from pyvault.storage.item_versions import read_item

        name = credential_name(profile)
        data, version = read_item(self._backend, name)
        return decode_credentials(data, of=f"the item '{name}'"), version

    def replace(self, profile: str, credentials: StoredCredentials, version: str | None) -> None:
        """Replace the pair of a profile if it is still this version.

        Raises:
            ConflictError: it was changed meanwhile; nothing changed.
            ItemNotFoundError: it is gone.
        """
        from pyvault.storage.item_versions import replace_item

        if version is None:
            self.put(profile, credentials)
            return
        name = credential_name(profile)
        with self._telling(), self.transaction():
            replace_item(self._backend, name, encode_credentials(credentials), version)
            self._add_attributes(name, credentials)

    def delete(self, profile: str) -> None:
        """Remove the pair of a profile.

        Raises:
            ItemNotFoundError: nothing is stored for it.
        """
        name = credential_name(profile)
        with self._telling(), contract_errors(f"delete '{name}'"):
            self._backend.delete(name)

    def profiles(self, *, kind: Kind = Kind.CREDENTIAL) -> list[ProfileName]:
        """Return the profiles that have an item of this kind, by default a stored pair, sorted."""
        with contract_errors("list its items"):
            names = self._backend.names()
        return sorted(ProfileName(name.name) for name in names if name.kind is kind)

    def access_key_id(self, profile: str) -> str:
        """Return the id of the stored key; decrypts no secret where the backend can do without.

        Raises:
            ItemNotFoundError: nothing is stored for it.
        """
        known = self._known(profile).get(ACCESS_KEY_ID)
        return known if known is not None else self.get(profile).access_key_id

    def created(self, profile: str) -> datetime | None:
        """Return since when the pair is stored; None if nobody knows.

        Raises:
            ItemNotFoundError: nothing is stored for it.
        """
        known = self._known(profile)
        if ACCESS_KEY_ID not in known:  # written by something that keeps no attributes
            return self.get(profile).created
        try:
            return parse_rfc3339(known[CREATED]) if CREATED in known else None
        except ValueError:
            raise ItemCorruptError(f"the item '{credential_name(profile)}' has an unreadable date") from None

    def transaction(self) -> AbstractContextManager[None]:
        """Make the changes inside one change, where the backend can."""
        if not isinstance(self._backend, Transactional):
            return nullcontext()
        return self._transaction(self._backend)

    def close(self) -> None:
        """Let go of the backend."""
        with contract_errors("close"):
            self._backend.close()

    @holding
    def _transaction(self, backend: Transactional) -> Generator[None]:
        with self._telling(), changing(backend):  # the changes inside are written after their own telling
            yield

    @holding
    def _telling(self) -> Generator[None]:
        """Tell of a change: before, so that one that is broken off is told too, and after, for what came in between."""
        self._changed()
        try:
            yield
        except BaseException:
            with suppress(PyvaultError):
                self._changed()
            raise
        self._changed()

    def _add_attributes(self, name: ItemName, credentials: StoredCredentials) -> None:
        """Add them in the transaction that has written the item; outside of one it may be another's by now."""
        if isinstance(self._backend, Attributed) and isinstance(self._backend, Transactional):
            with contract_errors(f"write '{name}'"):
                self._backend.put_with(name, encode_credentials(credentials), _attributes(credentials))

    def _known(self, profile: str) -> Mapping[str, str]:
        if not isinstance(self._backend, Attributed):
            return {}
        name = credential_name(profile)
        with contract_errors(f"read the attributes of '{name}'"):
            return self._backend.attributes(name)


def _attributes(credentials: StoredCredentials) -> dict[str, str]:
    attributes = {ACCESS_KEY_ID: credentials.access_key_id}
    if credentials.created is not None:
        attributes[CREATED] = to_rfc3339(credentials.created)
    return attributes
