"""Keep pyvault's items in an SQLite file, which has to be on an encrypted volume.

An example of a backend in a distribution of its own: SQLite brings the locks
and the transactions, so there is little left to write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import ClassVar, Self

from pyvault.backend import Ask, Availability, Options
from pyvault.errors import BackendError, BackendUnavailableError, ConfigError, ItemNotFoundError
from pyvault.names import ItemName, check_item_name, item_name
from pyvault.secret import Secret
from pyvault.storage.backend_options import check_options

TABLE = "CREATE TABLE IF NOT EXISTS items (kind TEXT, name TEXT, data BLOB, PRIMARY KEY (kind, name))"
PATIENCE = 30.0  # seconds to wait for another writer


class SqliteBackend:
    """One SQLite file. Options: ``path``."""

    API_VERSION: ClassVar[int] = 1

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        del ask
        seen = cls.probe(options)
        if not seen.available:
            raise BackendUnavailableError(seen.reason or "", hint=seen.hint)
        return cls(Path(options["path"]).expanduser())

    @classmethod
    def probe(cls, options: Options) -> Availability:
        check_options("sqlite", options, known={"path"})
        if "path" not in options:
            raise ConfigError("the option 'path' of 'sqlite' is missing", hint="--backend-option path=FILE")
        folder = Path(options["path"]).expanduser().parent
        if not folder.is_dir():
            return Availability(available=False, reason=f"there is no folder '{folder}'", hint="is it mounted?")
        return Availability(available=True)

    def get(self, name: ItemName) -> Secret[bytes]:
        with self._connected() as connection:
            row = connection.execute("SELECT data FROM items WHERE kind = ? AND name = ?", name).fetchone()
        if row is None:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return Secret(bytes(row[0]))

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        check_item_name(name)
        with self._connected() as connection:
            connection.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", (*name, data.reveal()))

    def delete(self, name: ItemName) -> None:
        with self._connected() as connection:
            gone = connection.execute("DELETE FROM items WHERE kind = ? AND name = ?", name).rowcount
        if not gone:
            raise ItemNotFoundError(f"there is no item '{name}'")

    def names(self) -> list[ItemName]:
        with self._connected() as connection:
            return [item_name(*row) for row in connection.execute("SELECT kind, name FROM items ORDER BY kind, name")]

    def close(self) -> None:
        """Nothing stays open."""

    @contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=PATIENCE)) as connection, connection:
                self._path.chmod(0o600)
                connection.execute(TABLE)
                yield connection
        except (sqlite3.Error, OSError) as exc:
            raise BackendError(f"'{self._path}' failed: {type(exc).__name__}") from None
