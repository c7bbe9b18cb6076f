"""Sessions of a store that keeps nothing: they end with the process, too, and never reach a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pyvault import clock as real_clock
from pyvault.errors import ItemNotFoundError
from pyvault.record import Record
from pyvault.sessions.cache import SessionCache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pyvault.backend import Backend
    from pyvault.clock import Clock
    from pyvault.names import ItemName, Kind
    from pyvault.secret import Secret

T = TypeVar("T")


class Kept(Record):
    """An item, with what an entry of the session file has of it."""

    name: ItemName
    data: Secret[bytes]
    attributes: Mapping[str, str]
    expires: datetime | None


#: Handles of one name share what they have, as the items of the store itself.
_named: dict[str, dict[ItemName, Kept]] = {}


class TransientSessions(SessionCache):
    """The cache of sessions in memory."""

    def __init__(self, backend: Backend, *, name: str | None, clock: Clock = real_clock.now) -> None:
        """Make a cache, or find the one with this name.

        Args:
            backend: whose sessions they are; while it is locked nobody reads them.
            name: of the store, inside this process; None for one of its own.
            clock: tells what has ended.
        """
        self._backend = backend
        self._clock = clock
        self._items = {} if name is None else _named.setdefault(name, {})

    def signed_in(self) -> None:
        """Do nothing: there is no key whose life could begin anew."""

    def close(self) -> None:
        """Do nothing: there is no file."""

    def _read(self, name: ItemName, use: Callable[[Secret[bytes]], T]) -> T:
        kept = self._unlocked().get(name)
        if kept is None:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return use(kept.data)

    def _list(self) -> list[Any]:  # what SessionCache uses of an entry, a Kept has
        return list(self._unlocked().values())

    def _put(
        self, name: ItemName, data: Secret[bytes], attributes: Mapping[str, str], expires: datetime | None
    ) -> None:
        self.clear_expired()
        self._items[name] = Kept(name=name, data=data, attributes=attributes, expires=expires)

    def _drop(self, ends: Callable[[Any], bool], *, kinds: frozenset[Kind], for_good: bool = True) -> int:
        del for_good  # there is no earlier state that could come back
        doomed = [kept.name for kept in self._list() if kept.name.kind in kinds and ends(kept)]
        return sum(self._items.pop(name, None) is not None for name in doomed)

    def _unlocked(self) -> dict[ItemName, Kept]:
        """Return the items.

        Raises:
            BackendLockedError: the store is locked.
        """
        self._backend.names()
        return self._items
