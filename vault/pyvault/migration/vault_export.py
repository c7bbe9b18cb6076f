"""A new vault file that appears under its name when it is complete, and its key before it.

It grows in a folder beside its place, where each item is one write with a lock
and backups as in any vault. At the end the key file gets its name first, then
the vault file, and the folder goes. Who is killed before that leaves the folder,
at worst with a key file in place that opens nothing; the next one, who has the
locks, takes both away. The folder has a copy of the key: that proves whose it is.
The copy goes before the vault gets its name, for a key whose vault is out may be
the only one: it is not removed, whatever has become of that vault.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Self

from pyvault.errors import PyvaultError, VaultExistsError, WriteFailedError
from pyvault.files.atomic import PENDING_MARK, PendingFile, place_new, remove_leftovers, writing
from pyvault.files.file_checks import FileChecks, prepare_directory
from pyvault.files.lock import LockFile
from pyvault.files.modes import make_new_directory
from pyvault.vaultfile.disk.write import check_free
from pyvault.vaultfile.handle import canonical_path
from pyvault.vaultfile.unlock.key_file import create_key_file
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.vaultfile.state.trust_store import TrustStore

SUFFIX = ".unfinished"
VAULT, KEY = "vault", "key"
#: What writing them leaves beside them: the lock, backups, what is not renamed yet.
OURS = re.compile(rf"({VAULT}|{KEY})(\.lock|(\.bak\.\d+)?({re.escape(PENDING_MARK)}\w+)?)?")
LONGEST_KEY_FILE = 1024  # bytes; far more than one has


class NewVaultFile:
    """A vault file in the making, for the length of a ``with``."""

    def __init__(self, file: Path, key: Path | None, trust: TrustStore, *, checks: FileChecks | None = None) -> None:
        """Name the two; nothing is touched yet.

        Args:
            file: the vault file; nothing may be there.
            key: the key file that opens it; None where a passphrase does.
            trust: remembers vaults by their paths.
            checks: of its directory, by default the ordinary ones.
        """
        self._file = canonical_path(file)
        self._key = None if key is None else canonical_path(key)
        self._trust = trust
        self._checks = checks or FileChecks()
        self._folder = self._file.with_name(f"{self._file.name}{SUFFIX}")
        self._locks = [_lock(place) for place in (self._file, self._key) if place is not None]

    @property
    def options(self) -> dict[str, str]:
        """The options of the ``file`` backend that writes it."""
        opened_by = {} if self._key is None else {"keyfile": str(self._folder / KEY)}
        insisted = {} if self._checks.modes else {"insecure_directory": "true"}
        return {"path": str(self._folder / VAULT), **opened_by, **insisted}

    def __enter__(self) -> Self:
        """Begin; what a killed one has left goes.

        Raises:
            VaultExistsError: a file is there already.
            InsecurePermissionsError: others can write the directory.
            WriteFailedError: it can't be written.
        """
        prepare_directory(self._file.parent, self._checks)
        if self._key is not None and not self._key.parent.is_dir():
            raise WriteFailedError(f"there is no directory '{self._key.parent}' for the key file")
        with contextlib.ExitStack() as undo:
            for lock in self._locks:
                undo.enter_context(lock)
            self._sweep()
            undo.callback(self._sweep)
            check_free(self._file)
            if self._key is not None and os.path.lexists(self._key):
                raise VaultExistsError(f"the key file '{self._key}' exists already")
            with writing(self._folder):
                make_new_directory(self._folder)
            if self._key is not None:
                slot = KeyFileSlot(key=create_key_file(self._folder / KEY), label=str(self._key))
                options = VaultOptions(checks=self._checks)
                Vault.create(self._folder / VAULT, new_slots=[slot], options=options).close()
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing beside what was published."""
        self._undo.close()

    def publish(self) -> None:
        """Put the key and the vault in place under their names.

        Raises:
            VaultExistsError: something took the name meanwhile.
            WriteFailedError: it can't be written.
        """
        if self._key is None:
            place_new(self._folder / VAULT, self._file)
        else:
            self._publish_with_key(self._key)
        with contextlib.suppress(PyvaultError):  # its backend has told that nothing can be remembered here
            self._trust.follow(self._folder / VAULT, self._file)

    def _publish_with_key(self, key: Path) -> None:
        with PendingFile(key) as pending:
            pending.write((self._folder / KEY).read_bytes())
            pending.finish()
            place_new(pending.path, key)
        try:
            with writing(self._folder):
                (self._folder / KEY).unlink()
            place_new(self._folder / VAULT, self._file)
        except BaseException:
            if not self._is_out():
                key.unlink(missing_ok=True)
            raise

    def _is_out(self) -> bool:
        """Return whether the vault has, or may have got, its name."""
        grown = self._folder / VAULT
        return not grown.exists() or grown.stat().st_nlink > 1

    def _sweep(self) -> None:
        """Take away the folder, and the key file in place if it is ours and its vault never got its name.

        Raises:
            VaultExistsError: the folder has files of somebody else.
        """
        if not self._folder.is_dir() or self._folder.is_symlink():
            return
        with writing(self._folder):
            entries = sorted(self._folder.iterdir(), key=lambda entry: entry.name == KEY)  # the proof goes last
        if foreign := [entry.name for entry in entries if not OURS.fullmatch(entry.name)]:
            raise VaultExistsError(f"'{self._folder}' has other files in it: '{foreign[0]}'", hint="move it away")
        if self._key is not None:
            remove_leftovers(self._key)
            if self._key_is_ours(self._key):
                with writing(self._key):
                    self._key.unlink()
        with contextlib.suppress(PyvaultError):
            self._trust.forget(self._folder / VAULT)
        with writing(self._folder):
            for entry in entries:
                entry.unlink(missing_ok=True)
            self._folder.rmdir()

    def _key_is_ours(self, key: Path) -> bool:
        try:
            with key.open("rb") as there, (self._folder / KEY).open("rb") as ours:
                content = ours.read(LONGEST_KEY_FILE)
                return bool(content) and there.read(LONGEST_KEY_FILE) == content
        except OSError:
            return False


def _lock(place: Path) -> LockFile:
    return LockFile(place.with_name(f"{place.name}{SUFFIX}.lock"), what=f"'{place}'", ephemeral=True)
