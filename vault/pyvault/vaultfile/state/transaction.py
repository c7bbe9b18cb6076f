"""Changes that are collected, then written together."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pyvault.errors import ConflictError
from pyvault.names import ItemName
from pyvault.record import MutableRecord, field
from pyvault.vaultfile.state.draft import Change, Draft

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.format.index import IndexEntry
    from pyvault.vaultfile.handle import Handle


class Transaction(MutableRecord):
    """Changes that are not written yet.

    Attributes:
        base: the header of the state that *draft* starts from.
        draft: that state with the changes so far, for reading inside the transaction.
        entries: those of that state, by name.
        has_read: the caller has read all of that state, and its changes may depend on it.
        read: the names whose items the caller has read.
    """

    base: Header
    entries: Mapping[ItemName, IndexEntry]
    draft: Draft
    changes: list[Change] = field(default_factory=list[Change])
    has_read: bool = False
    read: set[ItemName] = field(default_factory=set[ItemName])

    @classmethod
    def on(cls, handle: Handle) -> Transaction:
        """Return a transaction on the handle's current state."""
        entries = {entry.name: entry for entry in handle.snapshot.index.entries}
        return cls(base=handle.snapshot.header, entries=entries, draft=Draft.of(handle.snapshot, handle.keys))

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

        Changes of different entries go together; two changes of one are for a person to decide.

        Raises:
            ConflictError: what was read or changed here was changed elsewhere.
            BackendError: a change can't be applied to the current state.
        """
        if handle.snapshot.header == self.base:
            return self.draft
        if self.has_read:
            raise ConflictError(f"'{handle.place}' was written meanwhile by somebody else", hint="try again")
        draft = Draft.of(handle.snapshot, handle.keys)
        for change in self.changes:  # first: one that is bound to a version says itself what is wrong
            draft = change(draft)
        current = {entry.name: entry for entry in handle.snapshot.index.entries}
        for name in sorted(self.read | self._changed(), key=str):
            if _identity(self.entries.get(name)) != _identity(current.get(name)):
                raise ConflictError(
                    f"'{name}' was changed meanwhile by somebody else; nothing was written",
                    hint="look at it, and try again",
                )
        return draft

    def _changed(self) -> set[ItemName]:
        new = {record.entry.name for record in self.draft.records if record.box is not None}
        return new | (self.entries.keys() - {record.entry.name for record in self.draft.records})


def _identity(entry: IndexEntry | None) -> object:
    return entry and (entry.record_id, entry.revision, entry.digest)
