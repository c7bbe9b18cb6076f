"""The file of cached sessions: one per backend, opened by a key that the backend guards.

Beside a vault that can open children it has a slot for its parent; beside any
other store a slot whose key is one small item there. It holds nothing that a
user typed in: if it no longer belongs to its backend (renewed keys, another
vault, damage), an empty one takes its place. A backend that is locked or broken
is another matter, and stops the command.

Source: docs/vault-format.md, section 2, "two files".

Longer than most files: what is done with the file and what says that it fits belong together.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from pyvault.errors import (
    ForeignVaultError,
    ForkError,
    ItemCorruptError,
    ItemNotFoundError,
    KdfLimitsError,
    NotAVaultError,
    RollbackError,
    TruncatedVaultError,
    UnsupportedVaultError,
    VaultFileError,
    VaultNotFoundError,
    WriteFailedError,
    WrongKeyError,
)
from pyvault.files.reading import read_file
from pyvault.interruptions import pass_interruption, suppressing
from pyvault.names import ItemName, Kind
from pyvault.paths import expand_user
from pyvault.storage.fence import contract_errors
from pyvault.vaultfile.format.slots import ParentVault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyvault.backend import Backend
    from pyvault.clock import Clock
    from pyvault.files.file_checks import FileChecks
    from pyvault.secret import Secret
    from pyvault.sessions.login_key import LoginKey
    from pyvault.vaultfile.unlock.key_sources import UnlockSources
    from pyvault.vaultfile.unlock.new_slot import NewSlot
    from pyvault.vaultfile.vault import Vault
    from pyvault.vaultfile.vault_options import VaultOptions

#: What says that the file is not, or no longer, the one that belongs here.
UNFIT: Final = (
    ForeignVaultError,
    ForkError,
    ItemCorruptError,
    KdfLimitsError,
    NotAVaultError,
    RollbackError,
    TruncatedVaultError,
    UnsupportedVaultError,
    WrongKeyError,
)

#: Options that say how a store is opened, not which one it is.
KEYS_OF_OPENING: Final = frozenset(
    {
        "expect_fingerprint",
        "expect_vault_id",
        "insecure_directory",
        "kdf",
        "kdf_memory_limit",
        "keyfile",
        "lock_timeout",
        "min_generation",
        "passphrase_file",
        "slot",
        "unlock_store",
        "weak_passphrase",
    }
)

VAULT_ID_DIGITS = 32
HEX_DIGITS = "0123456789abcdefABCDEF"
MAX_CLEARED = 64  # bytes of a number


class UnfitError(Exception):
    """The session file does not belong here; never leaves the session cache."""


class SessionVault:
    """Opens, makes and replaces the session file of one backend."""

    def __init__(
        self,
        path: Path,
        backend: Backend,
        *,
        note: Callable[[str], None],
        clock: Clock,
        checks: FileChecks | None = None,
        memory: Path | None = None,
        login: LoginKey | None = None,
    ) -> None:
        """Name the file; nothing is touched yet.

        Args:
            path: of the file.
            backend: what guards its key; unlocked when the file is opened.
            note: tells a human that the file was replaced.
            clock: gives the times of entries.
            checks: of the file and its directory, by default the ordinary ones.
            memory: where the last clearing is remembered; see :mod:`pyvault.sessions.forgetting`.
            login: has the key while there is no vault.
        """
        self._login = login
        self.path = path
        self._memory = memory
        self._backend = backend
        self._note = note
        self._clock = clock
        self._checks = checks

    def open(self) -> Vault:
        """Open the file as it is.

        Raises:
            VaultNotFoundError: there is none yet.
            UnfitError: it doesn't belong here.
            BackendError: the backend is locked or failed, or the file can't be read.
        """
        from pyvault.vaultfile.vault import Vault

        if not self.path.exists():  # nobody is asked to unlock anything for sessions that aren't there
            raise VaultNotFoundError(f"there is no '{self.path}'")
        # Before the file: a parent that doesn't open must not look like a child that doesn't fit.
        sources = self._sources()
        try:
            vault = Vault.open(self.path, sources, options=self._options())
        except UNFIT as exc:
            raise UnfitError(type(exc).__name__) from None
        self.check_not_cleared(vault)
        return vault

    def check_not_cleared(self, vault: Vault) -> None:
        """Refuse a file that is older than the last clearing of the sessions.

        Raises:
            UnfitError: they were; the vault is closed.
        """
        if vault.cleared < known_clearing(self._memory):
            vault.close()
            raise UnfitError("cleared")

    def mark_cleared(self, vault: Vault) -> int:
        """Note one more clearing in the file, inside the transaction that deletes; return its number."""
        from pyvault.sessions.forgetting import next_clearing

        number = next_clearing(known_clearing(self._memory), vault.cleared, self._clock())
        vault.note_cleared(number)
        return number

    def remember_cleared(self, number: int) -> None:
        """Remember a clearing, once it is written; a person is told if that can't be."""
        from pyvault.sessions.forgetting import remember_clearing

        if self._memory is None:
            return
        try:
            remember_clearing(self._memory, number)
        except WriteFailedError as exc:
            self._note(exc.message)

    def open_or_make(self) -> Vault:
        """Open the file; make it if there is none, and replace it if it doesn't belong here or is damaged.

        Raises:
            BackendError: the backend is locked or failed, or the file can't be written.
        """
        from pyvault.files.lock import LockFile
        from pyvault.vaultfile.vault import Vault

        self._make_directory()
        # A lock of its own: whoever comes second finds what the first one made.
        with LockFile(self.path.with_name(f"{self.path.name}.making.lock")):
            try:
                return self._open_whole()
            except VaultNotFoundError:
                pass
            except UnfitError:
                reason = "don't belong here or are damaged"
                if self._login is not None and self._login.is_alone():
                    reason = "had a key for 12 hours from the sign-in, which is over or was lost"
                self._note(f"the cached sessions in '{self.path}' {reason}; they were dropped")
                delete_session_file(self.path)
            made = Vault.create(self.path, new_slots=[self._slot()], options=self._options())
            if known := known_clearing(self._memory):
                made.note_cleared(known)
            self._forget_other_keys(made.vault_id)
            return made

    def _open_whole(self) -> Vault:
        vault = self.open()
        try:
            vault.verify()
        except UNFIT as exc:
            vault.close()
            raise UnfitError(type(exc).__name__) from None
        return vault

    def _make_directory(self) -> None:
        from pyvault.files.modes import make_directory

        try:
            make_directory(self.path.parent)
        except OSError as exc:
            pass_interruption(exc)
            raise WriteFailedError(f"can't make the directory '{self.path.parent}': {exc.strerror}") from exc

    def _options(self) -> VaultOptions:
        from pyvault.files.file_checks import FileChecks
        from pyvault.vaultfile.vault_options import VaultOptions

        return VaultOptions(durable=False, clock=self._clock, checks=self._checks or FileChecks())

    def _sources(self) -> UnlockSources:
        from pyvault.vaultfile.unlock.key_sources import UnlockSources

        if self._login is not None:
            key = self._login_key(self._login)
            if key is not None or self._login.is_alone():
                return UnlockSources(wrapping_key=lambda _slot_id, _vault_id: key)
        if isinstance(self._backend, ParentVault):
            _ = self._backend.vault_id, self._backend.key_epoch  # unlocks it; may ask a human
            return UnlockSources(parent=self._backend)
        return UnlockSources(wrapping_key=lambda _slot_id, vault_id: self._kept_key(vault_id))

    def _login_key(self, login: LoginKey) -> Secret[bytes] | None:
        from pyvault.vaultfile.disk.vault_reader import read_header

        try:
            header = read_header(self.path, self._options().checks)
        except VaultFileError:  # opening it says what is wrong
            return None
        return login.find(header.vault_id)

    def signed_in(self) -> None:
        """Let the life of a key without a vault begin anew."""
        from pyvault.vaultfile.disk.vault_reader import read_header

        if self._login is not None and self.path.exists():
            with suppressing(VaultFileError, OSError):
                self._login.renew(read_header(self.path, self._options().checks).vault_id)

    def move_under_vault(self, vault: Vault) -> None:
        """Have the vault open the file, if one was made since the file was; may ask a human."""
        if self._login is None or self._login.is_alone() or not isinstance(self._backend, ParentVault):
            return
        others = [slot.slot_id for slot in vault.slots() if slot.kind != "child"]
        if others:
            from pyvault.vaultfile.unlock.new_slot import ChildSlot

            vault.add_slot(ChildSlot(parent=self._backend))
            for slot_id in others:
                vault.remove_slot(slot_id)
            self._login.drop(vault.vault_id)

    def _slot(self) -> NewSlot:
        from pyvault.vaultfile.unlock.new_slot import ChildSlot, StoreKeySlot

        if self._login is not None and (keep := self._login.keeper()) is not None:
            return StoreKeySlot(keep=lambda vault_id, _slot_id, key: keep(vault_id, key))
        if isinstance(self._backend, ParentVault):
            return ChildSlot(parent=self._backend)
        return StoreKeySlot(keep=lambda vault_id, _slot_id, key: self._keep_key(vault_id, key))

    def _kept_key(self, vault_id: bytes) -> Secret[bytes] | None:
        name = _key_name(vault_id)
        with contextlib.suppress(ItemNotFoundError), contract_errors(f"read '{name}'"):
            return self._backend.get(name)
        return None

    def _keep_key(self, vault_id: bytes, key: Secret[bytes]) -> None:
        name = _key_name(vault_id)
        with contract_errors(f"write '{name}'"):
            self._backend.put(name, key)

    def _forget_other_keys(self, vault_id: bytes) -> None:
        """Remove the keys of session files that are gone: one item is all we leave in a store."""
        # In this order: on Python 3.11 the question whether it is a parent opens it, or makes it.
        if (self._login is not None and self._login.is_alone()) or isinstance(self._backend, ParentVault):
            return
        with contract_errors("list its items"):
            names = self._backend.names()
        for name in names:
            # The key of the vault itself may be kept in the same store, under a longer name.
            if name.kind is Kind.KEK and _is_vault_id(name.name) and name != _key_name(vault_id):
                with contextlib.suppress(ItemNotFoundError), contract_errors(f"delete '{name}'"):
                    self._backend.delete(name)


def session_path(directory: Path, backend: str, options: Mapping[str, str]) -> Path:
    """Return the session file of a backend and its options.

    Two stores never share one; the same store opened by other means does.
    """
    import hashlib
    import json

    which = {key: value for key, value in options.items() if key.partition(".")[0] not in KEYS_OF_OPENING}
    if "path" in which:  # a relative one means another store in every directory
        which["path"] = str(expand_user(which["path"]).absolute())
    digest = hashlib.sha256(json.dumps(which, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return directory / f"sessions-{backend}-{digest[:8]}.pyv"


def cleared_path(state: Path, session_file: Path) -> Path:
    """Return where the state directory remembers the last clearing of a session file."""
    return state / f"{session_file.stem}.cleared"


def known_clearing(memory: Path | None) -> int:
    """Return the number of the last clearing; 0 if there was none, or nobody remembers."""
    if memory is None:
        return 0
    try:
        return int(read_file(memory, MAX_CLEARED))
    except (OSError, ValueError) as exc:
        pass_interruption(exc)
        return 0


def delete_session_file(path: Path) -> None:
    """Remove a session file without opening it.

    Raises:
        WriteFailedError: it can't be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as exc:
        pass_interruption(exc)
        raise WriteFailedError(f"can't remove '{path}': {exc.strerror}") from exc


def forget_session_file(file: Path, state: Path, *, warn: Callable[[str], None], clock: Clock) -> None:
    """Remove a session file without opening it, so that no copy of it is used here again.

    Args:
        file: the session file, there or not.
        state: the state directory.
        warn: told if the clearing can't be remembered.
        clock: numbers the clearing.

    Raises:
        WriteFailedError: it can't be removed.
    """
    from pyvault.sessions.forgetting import next_clearing, remember_clearing

    memory = cleared_path(state, file)
    delete_session_file(file)
    try:
        remember_clearing(memory, next_clearing(known_clearing(memory), 0, clock()))
    except WriteFailedError as exc:
        warn(exc.message)


def _key_name(vault_id: bytes) -> ItemName:
    return ItemName(Kind.KEK, vault_id.hex())


def _is_vault_id(name: str) -> bool:
    return len(name) == VAULT_ID_DIGITS and all(char in HEX_DIGITS for char in name)
