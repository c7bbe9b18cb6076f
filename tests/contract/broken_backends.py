"""Backends that are wrong in one way each; the suite has to notice.

All but the named fault is the sound driver of the template.
"""

from __future__ import annotations

import time
from pathlib import Path

from pyvault.backend import Availability, Options
from pyvault.errors import ItemNotFoundError
from pyvault.names import ItemName
from pyvault.secret import Secret
from pyvault.storage.envelope import seal_envelope
from pyvault.testing.template.driver import NewBackend


class LosesCase(NewBackend):
    """As configparser and some file systems do."""

    def _file(self, name: ItemName) -> Path:
        return super()._file(ItemName(name.kind, name.name.lower()))

    def get(self, name: ItemName) -> Secret[bytes]:
        return super().get(ItemName(name.kind, name.name.lower()))

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        super().put(ItemName(name.kind, name.name.lower()), data)


class DropsTheLastWrite(NewBackend):
    """Acknowledges a replacement and keeps the old value."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        try:
            self.get(name)
        except ItemNotFoundError:
            super().put(name, data)


class Truncates(NewBackend):
    """Keeps 2 560 bytes and says nothing."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        super().put(name, Secret(data.reveal()[:2560]))


class LeaksIntoRepr(NewBackend):
    """A dataclass with a cache of what it wrote would look like this."""

    _last: object = None

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        super().put(name, data)
        self._last = data.reveal()

    def __repr__(self) -> str:
        return f"LeaksIntoRepr(last={self._last!r})"


class StaleNames(NewBackend):
    """Lists once, and gives the same list ever after."""

    _listed: list[ItemName] | None = None

    def names(self) -> list[ItemName]:
        if self._listed is None:
            self._listed = super().names()
        return self._listed


class SwapsItems(NewBackend):
    """Finds an item by the beginning of its name, as a careless search does."""

    def get(self, name: ItemName) -> Secret[bytes]:
        candidates = sorted(found for found in self.names() if str(found).startswith(str(name)[:15]))
        return super().get(candidates[0] if candidates else name)


class NotAtomic(NewBackend):
    """Writes into the file in place."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        envelope = seal_envelope(name, data).reveal().encode()
        with self._locked(), self._file(name).open("wb", buffering=0) as file:
            for byte in envelope:
                file.write(bytes([byte]))


class NoLock(NewBackend):
    """Keeps everything in one file, read and written without a lock."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        known = super().names()
        index = self._folder / "index"
        index.write_text("\n".join(str(item) for item in {*known, name}))
        super().put(name, data)
        kept = set(index.read_text().split("\n"))
        for item in super().names():
            if str(item) not in kept:
                super().delete(item)


class ForeignErrors(NewBackend):
    """Lets its own exception out where an item is absent."""

    def get(self, name: ItemName) -> Secret[bytes]:
        try:
            return super().get(name)
        except ItemNotFoundError:
            raise KeyError(name) from None


class HangsWhenAsked(NewBackend):
    """Waits for a daemon in its probe."""

    @classmethod
    def probe(cls, options: Options) -> Availability:
        time.sleep(60)
        return super().probe(options)


class ReturnsBytes(NewBackend):
    """Takes a secret out of its wrapping."""

    def get(self, name: ItemName) -> Secret[bytes]:
        return super().get(name).reveal()  # type: ignore[return-value]  # the fault


class ListsPlainKinds(NewBackend):
    """Makes item names by hand: they equal ours, and their kinds are no kinds."""

    def names(self) -> list[ItemName]:
        return [ItemName(str(name.kind), name.name) for name in super().names()]  # type: ignore[arg-type]  # the fault


class TakesGoneForEmpty(NewBackend):
    """Looks into whatever folder is there."""

    @classmethod
    def probe(cls, options: Options) -> Availability:
        return Availability(available=Path(options["path"]).is_dir())

    def _check_there(self) -> None:
        """Everything is fine."""
