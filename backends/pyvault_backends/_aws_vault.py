"""A store of aws-vault as a backend that can only be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn

from pyvault.errors import AccessDeniedError, InvalidNameError, ItemNotFoundError
from pyvault.moving.awsvault.records import is_credential
from pyvault.names import ItemName, Kind, credential_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvault.secret import Secret


class ReadOnly:
    """What all of them have in common."""

    API_VERSION: ClassVar[int] = 1

    def put(self, name: ItemName, data: Secret[bytes]) -> NoReturn:
        """Refuse: it belongs to aws-vault."""
        del data
        raise AccessDeniedError(f"can't write '{name}': pyvault only reads aws-vault's stores")

    def delete(self, name: ItemName) -> NoReturn:
        """Refuse: it belongs to aws-vault."""
        raise AccessDeniedError(f"can't delete '{name}': pyvault only reads aws-vault's stores")

    def close(self) -> None:
        """Nothing is held open."""


def credentials_in(names: Iterable[str]) -> list[ItemName]:
    """Give the names of long-lived keys; what can't name a profile of ours is left where it is."""
    found: list[ItemName] = []
    for name in names:
        try:
            if is_credential(name) and credential_name(name).name == name:
                found.append(credential_name(name))
        except InvalidNameError:
            continue
    return sorted(set(found))


def stored_name(name: ItemName) -> str:
    """Give aws-vault's name of an item of ours.

    Raises:
        ItemNotFoundError: something that aws-vault does not keep.
    """
    if name.kind is not Kind.CREDENTIAL:
        raise ItemNotFoundError(f"there is no item '{name}'")
    return name.name
