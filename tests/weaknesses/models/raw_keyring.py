"""A backend of ``keyring`` used as it is: one password for one item, whatever it does when it replaces it."""

from __future__ import annotations

from typing import ClassVar

from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

from pyvault.errors import BackendError, ItemNotFoundError
from pyvault.names import ItemName
from pyvault.secret import Secret

SERVICE = "pyvault"


class RawKeyring:
    API_VERSION: ClassVar[int] = 1

    def __init__(self, keyring: KeyringBackend) -> None:
        self._keyring = keyring

    def get(self, name: ItemName) -> Secret[bytes]:
        try:
            text = self._keyring.get_password(SERVICE, name.name)
        except KeyringError as exc:
            raise BackendError(str(exc)) from None
        if text is None:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return Secret(text.encode())

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        self._keyring.set_password(SERVICE, name.name, data.reveal().decode())

    def delete(self, name: ItemName) -> None:
        self._keyring.delete_password(SERVICE, name.name)

    def names(self) -> list[ItemName]:
        raise BackendError("keyring can't list")

    def close(self) -> None:
        """Nothing is held open."""
