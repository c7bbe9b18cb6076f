"""Versioned backends that are wrong in one way each; all but the fault is the example over SQLite."""

from __future__ import annotations

import time

from pyvault_sqlite import SqliteBackend

from pyvault.errors import ConflictError, ItemNotFoundError
from pyvault.names import ItemName
from pyvault.secret import Secret
from pyvault.testing.template.driver import NewBackend


class LosesUpdates(SqliteBackend):
    """Takes any version: the last writer wins."""

    def put_if(self, name: ItemName, data: Secret[bytes], version: str) -> str:
        del version
        return super().put_if(name, data, self.get_versioned(name)[1])


class LosesAnswers(SqliteBackend):
    """Takes what it has written itself for somebody else's."""

    def put_if(self, name: ItemName, data: Secret[bytes], version: str) -> str:
        if self.get_versioned(name)[1] != version:
            raise ConflictError(f"the item '{name}' was changed meanwhile")
        return super().put_if(name, data, version)


class ComparesByItself(SqliteBackend):
    """Reads, compares and writes in three steps."""

    def put_if(self, name: ItemName, data: Secret[bytes], version: str) -> str:
        kept, current = self.get_versioned(name)
        time.sleep(0.01)  # as long as a request takes
        if current == version:
            self.put(name, data)
        elif kept != data:
            raise ConflictError(f"the item '{name}' was changed meanwhile")
        return self.get_versioned(name)[1]


class CreatesByItself(SqliteBackend):
    """Looks whether the item is there, and writes it then."""

    def create(self, name: ItemName, data: Secret[bytes]) -> str:
        if name in self.names() and self.get(name) != data:
            raise ConflictError(f"there is an item '{name}' already")
        time.sleep(0.01)  # as long as a request takes
        self.put(name, data)
        return self.get_versioned(name)[1]


class CreatesOver(SqliteBackend):
    """Takes creating for putting."""

    def create(self, name: ItemName, data: Secret[bytes]) -> str:
        self.put(name, data)
        return self.get_versioned(name)[1]


class MakesWhatIsGone(SqliteBackend):
    """Creates the item that was deleted meanwhile."""

    def put_if(self, name: ItemName, data: Secret[bytes], version: str) -> str:
        try:
            return super().put_if(name, data, version)
        except ItemNotFoundError:
            return self.create(name, data)


class KeepsItsVersion(SqliteBackend):
    """A plain put leaves the version as it was."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        with self._connected() as connection:
            rows = connection.execute("UPDATE items SET data = ? WHERE kind = ? AND name = ?", (data.reveal(), *name))
        if not rows.rowcount:
            super().put(name, data)


class Misspelt(NewBackend):
    """Has one of the three alone."""

    def create(self, name: ItemName, data: Secret[bytes]) -> str:
        raise NotImplementedError
