"""Keys that stand in clear text somewhere, as a backend that can only be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn, Self

from pyvault.errors import AccessDeniedError, ItemNotFoundError
from pyvault.names import ItemName, Kind, credential_name
from pyvault.storage.codec import encode_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.backend import Ask, Options
    from pyvault.errors import ItemCorruptError
    from pyvault.model import StoredCredentials
    from pyvault.secret import Secret


class ClearKeys:
    """A source to migrate from."""

    API_VERSION: ClassVar[int] = 1

    def __init__(
        self, pairs: Mapping[str, StoredCredentials], unusable: Mapping[str, ItemCorruptError] | None = None
    ) -> None:
        """Hold what was found.

        Args:
            pairs: by profile.
            unusable: what reading the pair of such a profile raises.
        """
        self._pairs = pairs
        self._unusable = unusable or {}

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Give an empty one: it is made from what was read elsewhere."""
        del options, ask
        return cls({})

    def get(self, name: ItemName) -> Secret[bytes]:
        """Give a pair as a record."""
        if name.kind is Kind.CREDENTIAL and (problem := self._unusable.get(name.name)):
            raise problem
        if name.kind is not Kind.CREDENTIAL or name.name not in self._pairs:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return encode_credentials(self._pairs[name.name])

    def put(self, name: ItemName, data: Secret[bytes]) -> NoReturn:
        """Refuse."""
        del data
        raise AccessDeniedError(f"can't write '{name}' in clear text")

    def delete(self, name: ItemName) -> NoReturn:
        """Refuse."""
        raise AccessDeniedError(f"can't delete '{name}' there")

    def names(self) -> list[ItemName]:
        """List the pairs."""
        return [credential_name(profile) for profile in (*self._pairs, *self._unusable)]

    def close(self) -> None:
        """Nothing is held open."""
