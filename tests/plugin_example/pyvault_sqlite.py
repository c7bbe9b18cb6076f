"""Keep pyvault's items in an SQLite file, which has to be on an encrypted volume.

An example of a backend in a distribution of its own: SQLite brings the locks, the
transactions and the comparisons, so there is little left to write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import ClassVar, Self

from pyvault.plugin_api import (
    AccessDeniedError,
    Ask,
    Availability,
    BackendBusyError,
    BackendError,
    BackendUnavailableError,
    ConfigError,
    ConflictError,
    ItemName,
    ItemNotFoundError,
    Options,
    Secret,
    check_item_name,
    check_option_names,
    name_in_store,
)

TABLE = "CREATE TABLE IF NOT EXISTS items (kind TEXT, name TEXT, data BLOB, version TEXT, PRIMARY KEY (kind, name))"
SELECT = "SELECT data, version FROM items WHERE kind = ? AND name = ?"
PATIENCE = 30.0  # seconds to wait for another writer


class SqliteBackend:
    """One SQLite file.

    Options:
        path: of the file.
        new: ``true`` makes the file at its first use. Without it a file that is not there is an error,
            so that a volume that is not mounted is no empty store.
    """

    API_VERSION: ClassVar[int] = 1

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        del ask
        seen = cls.probe(options)
        if not seen.available:
            raise BackendUnavailableError(seen.reason or "", hint=seen.hint)
        backend = cls(Path(options["path"]).expanduser())
        if options.get("new") == "true":
            backend._path.touch(mode=0o600)
            with backend._connected() as connection:
                connection.execute(TABLE)
        return backend

    @classmethod
    def probe(cls, options: Options) -> Availability:
        check_option_names(options, known={"path", "new"})
        if "path" not in options:
            raise ConfigError("the option 'path' is missing", hint="--backend-option path=FILE")
        path = Path(options["path"]).expanduser()
        if options.get("new") == "true" and path.parent.is_dir():
            return Availability(available=True)
        if not path.is_file():
            hint = "is it mounted? At the first use: --backend-option new=true"
            return Availability(available=False, reason=f"there is no file '{path}'", hint=hint)
        return Availability(available=True)

    def get(self, name: ItemName) -> Secret[bytes]:
        return self.get_versioned(name)[0]

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        check_item_name(name)
        with self._connected() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO items VALUES (?, ?, ?, hex(randomblob(8)))", (*name, data.reveal())
            )

    def delete(self, name: ItemName) -> None:
        with self._connected() as connection:
            gone = connection.execute("DELETE FROM items WHERE kind = ? AND name = ?", name).rowcount
        if not gone:
            raise ItemNotFoundError(f"there is no item '{name}'")

    def names(self) -> list[ItemName]:
        with self._connected() as connection:
            return [name_in_store(*row) for row in connection.execute("SELECT kind, name FROM items")]

    def close(self) -> None:
        """Nothing stays open."""

    def get_versioned(self, name: ItemName) -> tuple[Secret[bytes], str]:
        with self._connected() as connection:
            return self._row(connection, name)

    def put_if(self, name: ItemName, data: Secret[bytes], version: str) -> str:
        with self._connected() as connection:
            changed = connection.execute(
                "UPDATE items SET data = ?, version = hex(randomblob(8)) WHERE kind = ? AND name = ? AND version = ?",
                (data.reveal(), *name, version),
            ).rowcount
            kept, current = self._row(connection, name)
        if not changed and kept != data:
            raise ConflictError(f"the item '{name}' was changed meanwhile")
        return current

    def create(self, name: ItemName, data: Secret[bytes]) -> str:
        check_item_name(name)
        with self._connected() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO items VALUES (?, ?, ?, hex(randomblob(8)))", (*name, data.reveal())
            )
            kept, version = self._row(connection, name)
        if kept != data:
            raise ConflictError(f"there is an item '{name}' already")
        return version

    def _row(self, connection: sqlite3.Connection, name: ItemName) -> tuple[Secret[bytes], str]:
        row = connection.execute(SELECT, name).fetchone()
        if row is None:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return Secret(bytes(row[0])), str(row[1])

    @contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        try:
            uri = f"{self._path.absolute().as_uri()}?mode=rw"  # never makes the file
            with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE)) as connection, connection:
                yield connection
        except sqlite3.Error as exc:
            raise self._told(exc.sqlite_errorcode & 0xFF, type(exc).__name__) from None

    def _told(self, code: int, kind: str) -> BackendError:
        """Return our error for one of SQLite's; the low byte of its code is the kind of error."""
        if code == sqlite3.SQLITE_CANTOPEN:
            return BackendUnavailableError(f"can't open '{self._path}'", hint="is it mounted?")
        if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
            return AccessDeniedError(f"'{self._path}' is read-only here")
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return BackendBusyError(f"'{self._path}' is being written by others")
        return BackendError(f"'{self._path}' failed: {kind}")
