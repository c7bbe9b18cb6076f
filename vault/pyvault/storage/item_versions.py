"""Read, create and replace one item so that no other writer's change is lost, where the store can tell.

A store that is not ``Versioned`` has no versions: None stands for one. Creating then looks first,
replacing is a plain put, and what another process does in between is not noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.backend import Versioned
from pyvault.errors import ConflictError, ItemNotFoundError
from pyvault.storage.fence import contract_errors

if TYPE_CHECKING:
    from pyvault.backend import Backend
    from pyvault.names import ItemName
    from pyvault.secret import Secret


def read_item(backend: Backend, name: ItemName) -> tuple[Secret[bytes], str | None]:
    """Return an item's bytes and its version.

    Raises:
        ItemNotFoundError: there is no such item.
    """
    with contract_errors(f"read '{name}'"):
        if isinstance(backend, Versioned):
            return backend.get_versioned(name)
        return backend.get(name), None


def create_item(backend: Backend, name: ItemName, data: Secret[bytes]) -> str | None:
    """Store an item that is not there yet, and return its version.

    Raises:
        ConflictError: it is there, with other bytes; nothing changed.
    """
    with contract_errors(f"write '{name}'"):
        if isinstance(backend, Versioned):
            return backend.create(name, data)
        try:
            backend.get(name)
        except ItemNotFoundError:
            backend.put(name, data)
            return None
        raise ConflictError(f"there is an item '{name}' already")


def replace_item(backend: Backend, name: ItemName, data: Secret[bytes], version: str | None) -> str | None:
    """Replace an item that still has this version, and return its new one.

    Raises:
        ConflictError: it was changed meanwhile; nothing changed.
        ItemNotFoundError: it is gone.
    """
    with contract_errors(f"write '{name}'"):
        if isinstance(backend, Versioned) and version is not None:
            return backend.put_if(name, data, version)
        backend.put(name, data)
        return None
