"""Keep pyvault's items as files in a folder, such as a mounted encrypted volume.

One file for each item, named by a hash, so that no name is a path and no two
names meet on a disk that ignores case. The real name is inside, in an envelope
that pyvault checks. The content is NOT encrypted here: name a folder that is,
and keep no real key in the default one, which only lets this start work.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import platformdirs

from pyvault.plugin_api import (
    Availability,
    BackendError,
    BackendUnavailableError,
    ConfigError,
    ItemNotFoundError,
    LockFile,
    Secret,
    check_option_names,
    open_envelope,
    read_envelope,
    replace_file,
    seal_envelope,
)

if TYPE_CHECKING:
    from pyvault.plugin_api import Ask, ItemName, Options

SUFFIX = ".item"
MARKER = "a-store-of-pyvault"


class NewBackend:
    """A folder of items.

    Options:
        path: the folder. By default one of our own, made when it is missing.
        new: ``true`` makes the folder a store, at its first use. Without it a folder that is none is an
            error, so that a volume that is not mounted is never an empty store, nor written to.
    """

    API_VERSION: ClassVar[int] = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Find the folder; nothing has to be asked here."""
        del ask
        seen = cls.probe(options)
        if not seen.available:
            raise BackendUnavailableError(seen.reason or "it does not work here", hint=seen.hint)
        folder = _folder(options)
        if _may_be_new(options):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                (folder / MARKER).touch(mode=0o600)
            except OSError as exc:
                raise BackendUnavailableError(f"can't make a store in '{folder}': {exc.strerror}") from exc
        return cls(folder)

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Return whether the store is there: no prompt, no import, no waiting."""
        check_option_names(options, known={"path", "new"})
        if options.get("new", "true") != "true":
            raise ConfigError(f"the option 'new' is {options['new']!r}", hint="true, or leave it out")
        folder = _folder(options)
        if _may_be_new(options) or (folder / MARKER).is_file():
            return Availability(available=True)
        return Availability(
            available=False,
            reason=f"'{folder}' is no store",
            hint="is it mounted? At the first use: --backend-option new=true",
        )

    def get(self, name: ItemName) -> Secret[bytes]:
        """Read one file; what it holds must be the item that was asked for."""
        self._check_there()
        try:
            return open_envelope(name, Secret(self._file(name).read_bytes()))
        except FileNotFoundError:
            raise ItemNotFoundError(f"there is no item '{name}'") from None
        except OSError as exc:
            raise BackendError(f"can't read '{name}': {exc.strerror}") from exc

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        """Replace the file as a whole: a crash leaves the old one or the new one."""
        self._check_there()
        with self._locked():
            replace_file(self._file(name), seal_envelope(name, data).reveal().encode())

    def delete(self, name: ItemName) -> None:
        """Remove the file."""
        self._check_there()
        try:
            with self._locked():
                self._file(name).unlink()
        except FileNotFoundError:
            raise ItemNotFoundError(f"there is no item '{name}'") from None
        except OSError as exc:
            raise BackendError(f"can't delete '{name}': {exc.strerror}") from exc

    def names(self) -> list[ItemName]:
        """Read the names out of the envelopes."""
        self._check_there()
        names: list[ItemName] = []
        for file in self._folder.glob(f"*{SUFFIX}"):
            try:
                text = Secret(file.read_bytes())
            except FileNotFoundError:
                continue  # deleted by another process while we look
            except OSError as exc:
                raise BackendError(f"can't read '{file}': {exc.strerror}") from exc
            names.append(read_envelope(text, of=f"the file '{file}'")[0])
        return names

    def close(self) -> None:
        """Nothing is held open."""

    def _check_there(self) -> None:
        """Refuse a folder that has stopped to be the store: the volume is gone, and what is below it shows."""
        if not (self._folder / MARKER).is_file():
            raise BackendUnavailableError(f"'{self._folder}' is no store any more", hint="is it mounted?")

    def _file(self, name: ItemName) -> Path:
        digest = hashlib.sha256(str(name).encode()).hexdigest()
        return self._folder / f"{digest}{SUFFIX}"

    def _locked(self) -> LockFile:
        return LockFile(self._folder / "lock")


def _folder(options: Options) -> Path:
    if "path" in options:
        return Path(options["path"]).expanduser()
    return platformdirs.user_data_path(__name__, appauthor=False)


def _may_be_new(options: Options) -> bool:
    """Return whether the store may be made: our own folder is no mount point."""
    return "new" in options or "path" not in options
