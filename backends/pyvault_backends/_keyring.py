"""Items in a backend of the ``keyring`` library, which can't list and may replace by deleting first.

The backend is used directly and pinned, never through ``keyring.get_keyring()``: that
would read ``PYTHON_KEYRING_BACKEND`` and ``keyringrc.cfg``, import every installed
backend, and may end in one that keeps plain text or nothing at all.

* One text for each item, under a name of its own.
* A *spare* beside it while it is written: the new text goes there first, so
  that a crash between the store's delete and its add leaves one of the two.
* One more text is the index of names. A name that is being added or removed is
  *open* in it meanwhile; whoever finds an open name with nobody at work looks
  whether the item is there, and settles it.

All changes are made under a lock file; a reader that finds nothing looks again
under it, because it may have come between a delete and an add.
"""

from __future__ import annotations

import hashlib
import json
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pyvault.errors import BackendError, InvalidNameError, ItemCorruptError, ItemNotFoundError
from pyvault.files.lock import LockFile
from pyvault.files.modes import make_directory
from pyvault.names import name_in_store
from pyvault.paths import find_paths
from pyvault.record import Record, replace
from pyvault.secret import Secret
from pyvault.storage.envelope import open_envelope, seal_envelope
from pyvault.storage.item_codec import parse_object
from pyvault.thread_locks import tell_of_fork
from pyvault_backends._safe_names import encode_name

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from keyring.backend import KeyringBackend

    from pyvault.names import ItemName

ACCOUNT = "pyvault"  # constant: some backends lose the case of a user name
INDEX = "index"
SPARE = "+new"  # no encoded name ends so
VERSION = 1


def pinned(backend: type[KeyringBackend]) -> KeyringBackend:
    """Make an instance that ``KEYRING_PROPERTY_*`` has not changed.

    Those variables set any attribute, methods included; with the wrong collection
    or scheme every item would seem to be gone.
    """
    keyring = backend.__new__(backend)
    keyring.set_properties_from_env = lambda: None  # type: ignore[method-assign]  # called by __init__
    keyring.__init__()  # type: ignore[misc]  # now it is
    return keyring


class KeyringStore(ABC):
    """What drivers over a keyring have in common; a driver opens it and maps the library's errors."""

    API_VERSION: ClassVar[int] = 1

    def __init__(self, keyring: KeyringBackend, prefix: str, lock: Path) -> None:
        self._items = IndexedItems(KeyringTexts(keyring, prefix), lock)
        self._guard = threading.RLock()  # D-Bus bindings are not for several threads
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Make the lock new."""
        self._guard = threading.RLock()

    @staticmethod
    @abstractmethod
    def library_errors(doing: str) -> AbstractContextManager[None]:
        """Turn what the library raises into errors of the contract.

        Args:
            doing: for the message, e.g. ``read 'credential/prod'``.
        """

    def get(self, name: ItemName) -> Secret[bytes]:
        with self._guard, self.library_errors(f"read '{name}'"):
            return self._items.get(name)

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        with self._guard, self.library_errors(f"write '{name}'"):
            self._items.put(name, data)

    def delete(self, name: ItemName) -> None:
        with self._guard, self.library_errors(f"delete '{name}'"):
            self._items.delete(name)

    def names(self) -> list[ItemName]:
        """Return the names from the index."""
        with self._guard, self.library_errors("list its items"):
            return self._items.names()

    def close(self) -> None:  # noqa: B027 - no library has anything to close
        """Nothing is held open."""


class KeyringTexts:
    """Texts in a keyring, each as a service of its own, so that no backend renames one for another."""

    def __init__(self, keyring: KeyringBackend, prefix: str) -> None:
        self._keyring = keyring
        self._prefix = prefix

    def read(self, key: str) -> Secret[str] | None:
        """Return a text; None if there is none."""
        text = self._keyring.get_password(self._prefix + key, ACCOUNT)
        return None if text is None else Secret(text)

    def write(self, key: str, text: Secret[str]) -> None:
        """Store a text."""
        self._keyring.set_password(self._prefix + key, ACCOUNT, text.reveal())  # pyright: ignore[reportUnknownMemberType]  # wrapped by keyring

    def remove(self, key: str) -> None:
        """Remove a text."""
        self._keyring.delete_password(self._prefix + key, ACCOUNT)


class Index(Record):
    """The names in the store.

    Attributes:
        open: being added or removed, or left so by a crash.
    """

    names: frozenset[ItemName] = frozenset()
    open: frozenset[ItemName] = frozenset()


class IndexedItems:
    """Items over such texts."""

    def __init__(self, texts: KeyringTexts, lock: Path) -> None:
        """Name the lock file; its directory is made if it is missing."""
        make_directory(lock.parent)
        self._texts = texts
        self._lock_path = lock

    def get(self, name: ItemName) -> Secret[bytes]:
        text = self._read(encode_name(name))
        if text is None:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return open_envelope(name, _bytes(text))

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        key, envelope = encode_name(name), seal_envelope(name, data)
        with self._locked():
            index = self._read_index()
            if name in index.names and name not in index.open:
                self._write(key, envelope)
                return
            opened = replace(index, open=index.open | {name})
            self._write_index(opened)
            self._write(key, envelope)
            self._write_index(Index(names=opened.names | {name}, open=opened.open - {name}))

    def delete(self, name: ItemName) -> None:
        key = encode_name(name)
        with self._locked():
            if self._settled(key) is None:
                raise ItemNotFoundError(f"there is no item '{name}'")
            index = self._read_index()
            self._write_index(replace(index, open=index.open | {name}))
            # The spare first: one that is left would be taken for the item.
            for part in (key + SPARE, key):
                if self._texts.read(part) is not None:
                    self._texts.remove(part)
            self._write_index(Index(names=index.names - {name}, open=index.open - {name}))

    def names(self) -> list[ItemName]:
        index = self._parse_index(self._read(INDEX))
        if index.open:
            with self._locked():
                index = self._settle(self._read_index())
        return sorted(index.names)

    def _locked(self) -> LockFile:
        return LockFile(self._lock_path)

    def _read(self, key: str) -> Secret[str] | None:
        text = self._texts.read(key)
        if text is not None:
            return text
        with self._locked():
            return self._settled(key)

    def _settled(self, key: str) -> Secret[str] | None:
        """Read under the lock; the spare counts where its text is missing."""
        text = self._texts.read(key)
        return self._texts.read(key + SPARE) if text is None else text

    def _write(self, key: str, text: Secret[str]) -> None:
        if self._texts.read(key) is None and (left := self._texts.read(key + SPARE)) is not None:
            self._texts.write(key, left)  # the spare is all that a crash has left: it may not be overwritten yet
        for part in (key + SPARE, key):
            self._texts.write(part, text)
            # Some stores report no failure (keyring's null, KWallet's return code).
            if self._texts.read(part) != text:
                raise BackendError("the store did not keep what was written")
        self._texts.remove(key + SPARE)

    def _settle(self, index: Index) -> Index:
        present = {name for name in index.open if self._settled(encode_name(name)) is not None}
        settled = Index(names=(index.names - index.open) | present)
        self._write_index(settled)
        return settled

    def _read_index(self) -> Index:
        return self._parse_index(self._settled(INDEX))

    def _write_index(self, index: Index) -> None:
        document = {
            "v": VERSION,
            "names": sorted(str(name) for name in index.names),
            "open": sorted(str(name) for name in index.open),
        }
        self._write(INDEX, Secret(json.dumps(document)))

    @staticmethod
    def _parse_index(text: Secret[str] | None) -> Index:
        if text is None:
            return Index()
        document = parse_object(_bytes(text), of="the index of the store")
        if document.get("v") != VERSION:
            raise ItemCorruptError("the index of the store has a version that we don't know")
        return Index(names=_names(document.get("names")), open=_names(document.get("open")))


def lock_for(backend: str, place: str) -> Path:
    """Name the lock file for one store of a backend."""
    digest = hashlib.sha256(place.encode()).hexdigest()[:8]
    return find_paths({}).locks / f"{backend}-{digest}.lock"


def _names(value: object) -> frozenset[ItemName]:
    if not isinstance(value, list):
        raise ItemCorruptError("the index of the store is damaged")
    try:
        return frozenset(_name(str(text)) for text in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # a list of JSON values
    except InvalidNameError:
        raise ItemCorruptError("the index of the store is damaged") from None


def _name(text: str) -> ItemName:
    kind, _, name = text.partition("/")
    return name_in_store(kind, name)


def _bytes(text: Secret[str]) -> Secret[bytes]:
    return Secret(text.reveal().encode("utf-8", "surrogatepass"))
