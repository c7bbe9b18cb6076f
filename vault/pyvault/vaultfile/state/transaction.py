"""Changes that are collected, then written together."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pyvault.errors import ConflictError
from pyvault.record import MutableRecord, field
from pyvault.vaultfile.state.draft import Change, Draft

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.handle import Handle


class Transaction(MutableRecord):
    """Changes that are not written yet.

    Attributes:
        base: the header of the state that *draft* starts from.
        draft: that state with the changes so far, for reading inside the transaction.
        has_read: the caller has read that state, and its changes may depend on it.
    """

    base: Header
    draft: Draft
    changes: list[Change] = field(default_factory=list[Change])
    has_read: bool = False

    @classmethod
    def on(cls, handle: Handle) -> Transaction:
        """Return a transaction on the handle's current state."""
        return cls(base=handle.snapshot.header, draft=Draft.of(handle.snapshot, handle.keys))

    def apply(self, change: Change) -> None:
        """Add a change."""
        self.draft = change(self.draft)
        self.changes.append(change)

    @contextlib.contextmanager
    def nested(self) -> Generator[None]:
        """Undo the changes of an inner transaction if it fails, so that the outer one never writes half of it."""
        draft, count = self.draft, len(self.changes)
        try:
            yield
        except BaseException:
            self.draft = draft
            del self.changes[count:]
            raise

    def draft_on_top(self, handle: Handle) -> Draft:
        """Return the draft to write on the handle's current state.

        Raises:
            ConflictError: the state isn't the one that was read here.
            BackendError: a change can't be applied to the current state.
        """
        if handle.snapshot.header == self.base:
            return self.draft
        if self.has_read:
            raise ConflictError(f"'{handle.path}' was written meanwhile by a process that doesn't honor the lock")
        draft = Draft.of(handle.snapshot, handle.keys)
        for change in self.changes:
            draft = change(draft)
        return draft
