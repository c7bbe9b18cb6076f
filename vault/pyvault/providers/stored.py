"""The access key pair of a profile, out of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyvault.model import Credentials
from pyvault.record import Record

if TYPE_CHECKING:
    from pyvault.model import StoredCredentials
    from pyvault.planning.steps import StoredStep


class KeyStore(Protocol):
    """The part of the credential store that is read here."""

    def get(self, profile: str) -> StoredCredentials:
        """Give the stored pair of a profile.

        Raises:
            ItemNotFoundError: nothing is stored for it.
        """
        ...

    def access_key_id(self, profile: str) -> str:
        """Give only the key id; where the store can, without touching the secret.

        Raises:
            ItemNotFoundError: nothing is stored for it.
        """
        ...


class Stored(Record):
    """Takes the pair out of the store."""

    step: StoredStep
    store: KeyStore

    def retrieve(self) -> Credentials:
        """Give the long-lived pair.

        Raises:
            ItemNotFoundError: it was removed since the plan was made.
        """
        pair = self.store.get(self.step.profile)
        return Credentials(access_key_id=pair.access_key_id, secret_access_key=pair.secret_access_key)
