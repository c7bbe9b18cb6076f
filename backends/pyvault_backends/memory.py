"""Keep items in this process: for tests, and for trying things out."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, ClassVar, Self

from pyvault.backend import Ask, Availability, Options
from pyvault.errors import BackendLockedError, ConflictError, ItemNotFoundError
from pyvault.storage.backend_options import check_options
from pyvault.thread_locks import holding, tell_of_fork

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyvault.names import ItemName
    from pyvault.secret import Secret

_named: dict[str, _Items] = {}


class _Items:
    """One store: what several handles share."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.blobs: dict[ItemName, tuple[Secret[bytes], str]] = {}
        self.before: dict[ItemName, tuple[Secret[bytes], str]] | None = None  # a transaction that is under way
        self.locked = False
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Undo what a thread of the parent has begun."""
        self.lock = threading.RLock()
        if self.before is not None:
            self.blobs, self.before = self.before, None


def _versioned(data: Secret[bytes]) -> tuple[Secret[bytes], str]:
    return data, secrets.token_hex(8)


class MemoryBackend:
    """A backend whose items end with the process.

    Options:
        name: handles that give the same name share their items.
    """

    API_VERSION: ClassVar[int] = 1

    def __init__(self, items: _Items | None = None) -> None:
        self._items = items or _Items()

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Make a store, or find the one with this name."""
        del ask
        check_options("memory", options, known={"name"})
        name = options.get("name")
        if name is None:
            return cls()
        return cls(_named.setdefault(name, _Items()))  # one step, for threads too

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Return that it works, as it always does."""
        del options
        return Availability(available=True)

    def get(self, name: ItemName) -> Secret[bytes]:
        return self.get_versioned(name)[0]

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        with self._unlocked() as blobs:
            blobs[name] = _versioned(data)

    def get_versioned(self, name: ItemName) -> tuple[Secret[bytes], str]:
        with self._unlocked() as blobs:
            if name not in blobs:
                raise ItemNotFoundError(f"there is no item '{name}'")
            return blobs[name]

    def put_if(self, name: ItemName, data: Secret[bytes], version: str) -> str:
        with self._unlocked() as blobs:
            if name not in blobs:
                raise ItemNotFoundError(f"there is no item '{name}'")
            kept, current = blobs[name]
            if current == version:
                blobs[name] = _versioned(data)
            elif kept != data:
                raise ConflictError(f"the item '{name}' was changed meanwhile")
            return blobs[name][1]

    def create(self, name: ItemName, data: Secret[bytes]) -> str:
        with self._unlocked() as blobs:
            if blobs.setdefault(name, _versioned(data))[0] != data:
                raise ConflictError(f"there is an item '{name}' already")
            return blobs[name][1]

    def delete(self, name: ItemName) -> None:
        with self._unlocked() as blobs:
            if name not in blobs:
                raise ItemNotFoundError(f"there is no item '{name}'")
            del blobs[name]

    def names(self) -> list[ItemName]:
        with self._unlocked() as blobs:
            return sorted(blobs)

    @holding
    def transaction(self) -> Generator[None]:
        """Take the changes inside as one: an exception undoes them."""
        with self._unlocked() as blobs:
            outer, before = self._items.before, dict(blobs)
            self._items.before = outer or before
            try:
                yield
            except BaseException:
                blobs.clear()
                blobs.update(before)
                raise
            finally:
                self._items.before = outer

    def lock(self) -> None:
        """Lock the store; opening it again does not unlock it."""
        self._items.locked = True

    def locked(self) -> bool:
        return self._items.locked

    def unlock(self) -> None:
        """Unlock it; for tests."""
        self._items.locked = False

    def close(self) -> None:
        """Keep the items: other handles may have them."""

    @holding
    def _unlocked(self) -> Generator[dict[ItemName, tuple[Secret[bytes], str]]]:
        with self._items.lock:
            if self._items.locked:
                raise BackendLockedError("the memory backend is locked")
            yield self._items.blobs
