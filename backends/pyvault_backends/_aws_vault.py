"""A store of aws-vault as a backend that can only be read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, NoReturn

from pyvault.errors import AccessDeniedError, ItemNotFoundError
from pyvault.migration.aws_vault_names import Listing, sort_names
from pyvault.names import ItemName, Kind, credential_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvault.secret import Secret


class ReadOnly(ABC):
    """What all of them have in common."""

    API_VERSION: ClassVar[int] = 1

    @abstractmethod
    def stored_names(self) -> Iterable[str]:
        """Return aws-vault's names of all that it keeps, sessions and tokens too."""

    @cached_property
    def listing(self) -> Listing:
        """All that is in the store, read once: what is a key, and why the rest is none."""
        return sort_names(self.stored_names())

    def names(self) -> list[ItemName]:
        """Return the names of the keys; decrypts nothing."""
        return sorted(credential_name(profile) for profile in self.listing.keys)

    def stored_name(self, name: ItemName) -> str:
        """Return aws-vault's name of an item of ours.

        Raises:
            ItemNotFoundError: it is not there, or is something that aws-vault does not keep.
        """
        if name.kind is not Kind.CREDENTIAL or name.name not in self.listing.keys:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return self.listing.keys[name.name]

    def put(self, name: ItemName, data: Secret[bytes]) -> NoReturn:
        """Refuse: it belongs to aws-vault."""
        del data
        raise AccessDeniedError(f"can't write '{name}': pyvault only reads aws-vault's stores")

    def delete(self, name: ItemName) -> NoReturn:
        """Refuse: it belongs to aws-vault."""
        raise AccessDeniedError(f"can't delete '{name}': pyvault only reads aws-vault's stores")

    def close(self) -> None:  # noqa: B027 - most have nothing to let go of
        """Nothing is held open."""
