"""Keys that are kept for a while in the system's own store, on macOS and Windows.

That store is open while its user is logged in, so each item says itself when it is over;
one that is gets deleted by who finds it. The items are ``kek/<purpose>:<name>``.
"""

from __future__ import annotations

import errno
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from pyvault.errors import ItemNotFoundError, PyvaultError
from pyvault.interruptions import suppressing
from pyvault.login.kept_keys import KeptKey
from pyvault.names import ItemName, Kind
from pyvault.storage.fence import contract_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.backend import Backend
    from pyvault.clock import Moment


class StoreKept:
    """A :class:`~pyvault.login.kept_keys.KeptKeys` of any backend; a store that can't be used keeps nothing."""

    def __init__(self, open_store: Callable[[], Backend], purpose: str, now: Callable[[], Moment]) -> None:
        """Name the store; it is opened when something is looked up.

        Args:
            open_store: opens it.
            purpose: a word.
            now: the time.
        """
        self._open_store = open_store
        self._purpose = purpose
        self._now = now

    def find(self, name: str) -> KeptKey | None:
        """Return a key whose life is not over, and note its use."""
        kept = self.look(name)
        if kept is not None and (lifetime := kept.lifetime.after_use(self._now())) is not None:
            with suppressing(OSError):
                self._keep(name, KeptKey(lifetime=lifetime, key=kept.key))
        return kept

    def look(self, name: str) -> KeptKey | None:
        """Return a key whose life is not over; one that is over is deleted."""
        item = self._item(name)
        try:
            with contract_errors(f"read '{item}'"), closing(self._open_store()) as store:
                kept = KeptKey.from_bytes(store.get(item))
                if kept is None or kept.lifetime.is_over(self._now()):
                    store.delete(item)
                    return None
                return kept
        except PyvaultError:
            return None

    def keeper(self, *, seconds: int) -> Callable[[str, KeptKey], None]:  # noqa: ARG002 - each item has its own end
        """Return what keeps a key."""
        return self._keep

    def drop(self, name: str) -> None:
        """Remove a key."""
        with suppress(PyvaultError), contract_errors("delete a kept key"), closing(self._open_store()) as store:
            store.delete(self._item(name))

    def end(self) -> bool:
        """Remove all keys."""
        try:
            with contract_errors("delete the kept keys"), closing(self._open_store()) as store:
                for item in store.names():
                    if item.kind is Kind.KEK and item.name.startswith(f"{self._purpose}:"):
                        with suppress(ItemNotFoundError):
                            store.delete(item)
        except PyvaultError:
            return False
        return True

    def _keep(self, name: str, kept: KeptKey) -> None:
        try:
            with contract_errors("keep a key"), closing(self._open_store()) as store:
                store.put(self._item(name), kept.to_bytes())
        except PyvaultError as problem:
            raise OSError(errno.EIO, problem.message) from None

    def _item(self, name: str) -> ItemName:
        return ItemName(Kind.KEK, f"{self._purpose}:{name}")
