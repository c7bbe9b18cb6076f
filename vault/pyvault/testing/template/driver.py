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

from pyvault.backend import Availability
from pyvault.errors import BackendError, BackendUnavailableError, ItemNotFoundError
from pyvault.files.atomic import replace_file
from pyvault.files.lock import LockFile
from pyvault.secret import Secret
from pyvault.storage.backend_options import check_options
from pyvault.storage.envelope import open_envelope, read_envelope, seal_envelope

if TYPE_CHECKING:
    from pyvault.backend import Ask, Options
    from pyvault.names import ItemName

SUFFIX = ".item"


class NewBackend:
    """A folder of items.

    Options:
        path: the folder; it has to be there. By default one of our own, made when it is missing.
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
        if "path" in options:
            return cls(Path(options["path"]).expanduser())
        folder = platformdirs.user_data_path("pyvault-new", appauthor=False)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise BackendUnavailableError(f"can't make '{folder}': {exc.strerror}") from exc
        return cls(folder)

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Return whether the folder is there: no prompt, no import, no waiting."""
        check_options("new", options, known={"path"})
        if "path" in options and not Path(options["path"]).expanduser().is_dir():
            return Availability(available=False, reason=f"'{options['path']}' is no folder", hint="is it mounted?")
        return Availability(available=True)

    def get(self, name: ItemName) -> Secret[bytes]:
        """Read one file; what it holds must be the item that was asked for."""
        try:
            return open_envelope(name, Secret(self._file(name).read_bytes()))
        except FileNotFoundError:
            raise ItemNotFoundError(f"there is no item '{name}'") from None
        except OSError as exc:
            raise BackendError(f"can't read '{name}': {exc.strerror}") from exc

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        """Replace the file as a whole: a crash leaves the old one or the new one."""
        with self._locked():
            replace_file(self._file(name), seal_envelope(name, data).reveal().encode())

    def delete(self, name: ItemName) -> None:
        """Remove the file."""
        try:
            with self._locked():
                self._file(name).unlink()
        except FileNotFoundError:
            raise ItemNotFoundError(f"there is no item '{name}'") from None
        except OSError as exc:
            raise BackendError(f"can't delete '{name}': {exc.strerror}") from exc

    def names(self) -> list[ItemName]:
        """Read the names out of the envelopes."""
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

    def _file(self, name: ItemName) -> Path:
        digest = hashlib.sha256(str(name).encode()).hexdigest()
        return self._folder / f"{digest}{SUFFIX}"

    def _locked(self) -> LockFile:
        return LockFile(self._folder / "lock")
