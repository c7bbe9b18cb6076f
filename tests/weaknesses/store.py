"""A store as the checks see it: our contract of a backend, and what somebody without the key can do to its files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pyvault.backend import Backend
from pyvault.errors import PyvaultError
from pyvault.names import ItemName, credential_name
from pyvault.record import Record, replace
from pyvault.secret import Secret
from pyvault.testing import Subject
from weaknesses.moments import watch_modes

PROD = credential_name("prod")
DEV = credential_name("dev")
RIGHT, WRONG = "the right passphrase", "the wrong passphrase"


class Store(Record):
    """A store that can be opened again and again.

    Attributes:
        folder: everything of it is in there.
        file_of: the file that an item's bytes are in.
        paste_item: puts the bytes of the first item in the place of the second; by default a copy of the file.
    """

    subject: Subject
    folder: Path
    file_of: Callable[[ItemName], Path]
    paste_item: Callable[[ItemName, ItemName], None] | None = None

    def open(self, passphrase: str | None = None) -> Backend:
        """Open a handle, with another passphrase than the right one if it is given."""
        if passphrase is None:
            return self.subject.open()
        answers = {"passphrase": passphrase, "new-passphrase": passphrase}
        return replace(self.subject, answers=answers).open()

    def open_without_key(self) -> Backend:
        return replace(self.subject, answers={}).open()

    def paste(self, item: ItemName, over: ItemName) -> None:
        if self.paste_item is not None:
            self.paste_item(item, over)
        else:
            shutil.copyfile(self.file_of(item), self.file_of(over))


def keep(backend: Backend, name: ItemName, value: bytes) -> None:
    """Put an item that every store can keep: what a check begins with."""
    backend.put(name, Secret(value))
    assert backend.get(name) == Secret(value)


def given(backend: Backend, name: ItemName) -> bytes | None:
    """Give an item's bytes, or None if they are refused or not there."""
    try:
        return backend.get(name).reveal()
    except PyvaultError:
        return None


def accepted(backend: Backend, name: ItemName, value: bytes) -> bool:
    """Put an item; says whether the store took it."""
    try:
        backend.put(name, Secret(value))
    except PyvaultError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A store whose blobs may be written by another program, in another encoding."""

    store: Store
    write_blob: Callable[[bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """A store that can be searched for what is left in it."""

    store: Store
    everything: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A store whose first write is watched; gives every file with every mode that it has meanwhile."""

    write_and_watch: Callable[[], set[tuple[Path, int]]]


def watched(store: Store) -> Watched:
    """Watch a store that works in this process."""

    def write() -> set[tuple[Path, int]]:
        backend = store.open()
        with watch_modes(store.folder) as seen:
            backend.put(PROD, Secret(b"x"))
        return seen

    return Watched(write_and_watch=write)
