"""Changes that are collected, then written as one."""

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
        has_read: the caller saw that state and may have decided by it.
    """

    base: Header
    draft: Draft
    changes: list[Change] = field(default_factory=list[Change])
    has_read: bool = False

    @classmethod
    def on(cls, handle: Handle) -> Transaction:
        """Start from the handle's present state."""
        return cls(base=handle.snapshot.header, draft=Draft.of(handle.snapshot, handle.keys))

    def apply(self, change: Change) -> None:
        """Make one more change."""
        self.draft = change(self.draft)
        self.changes.append(change)

    @contextlib.contextmanager
    def nested(self) -> Generator[None]:
        """Undo what an inner transaction did if it fails; who catches that outside writes no half of it."""
        draft, count = self.draft, len(self.changes)
        try:
            yield
        except BaseException:
            self.draft = draft
            del self.changes[count:]
            raise

    def draft_on_top(self, handle: Handle) -> Draft:
        """Give the draft to write on the handle's present state.

        Raises:
            ConflictError: the state isn't the one that was read here.
            BackendError: a change can't be made to the present state.
        """
        if handle.snapshot.header == self.base:
            return self.draft
        if self.has_read:
            raise ConflictError(f"'{handle.path}' was written meanwhile by others who don't see our lock")
        draft = Draft.of(handle.snapshot, handle.keys)
        for change in self.changes:
            draft = change(draft)
        return draft
