"""Read aws-vault's items in the Secret Service: the collection ``awsvault``, one item each."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

from pyvault.migration.aws_vault_records import read_item
from pyvault.secret import Secret
from pyvault.storage.backend_options import check_options
from pyvault_backends._aws_vault import ReadOnly
from pyvault_backends._session_bus import bus_errors, existing_collection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from secretstorage import Collection, Item

    from pyvault.backend import Ask, Options
    from pyvault.names import ItemName
    from pyvault_backends._session_bus import TimedConnection

COLLECTION = "awsvault"
PROFILE = "profile"  # the attribute with the item's name


class AwsVaultSecretService(ReadOnly):
    """aws-vault's ``secret-service`` backend.

    Options:
        collection: its label, ``awsvault`` by default.
    """

    def __init__(self, connection: TimedConnection, collection: Collection) -> None:
        self._connection = connection
        self._collection = collection

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Find the collection; the service may show a prompt to unlock it."""
        del ask
        check_options("aws-vault secret-service", options, known={"collection"})
        return cls(*existing_collection(options.get("collection", COLLECTION)))

    def get(self, name: ItemName) -> Secret[bytes]:
        """Read one item."""
        key = self.stored_name(name)
        with bus_errors(f"read '{name}'"):
            return read_item(Secret(self._items[key].get_secret()), of=f"the item '{key}' of aws-vault", name=key)

    def stored_names(self) -> Iterable[str]:
        """Read the names off the attributes."""
        return self._items

    def close(self) -> None:
        """Leave the bus."""
        self._connection.close()

    @cached_property
    def _items(self) -> dict[str, Item]:
        with bus_errors("list aws-vault's items"):
            items = self._collection.get_all_items()
            return {item.get_attributes().get(PROFILE) or item.get_label(): item for item in items}
