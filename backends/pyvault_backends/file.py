"""Keep items in the encrypted vault file (PYV1), everywhere and without any daemon.

The file is opened by the first call that needs it, so that a command which
stores nothing asks nothing; the first ``put`` makes it where there is none.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar, Self

from pyvault.backend import Ask, Availability, Options
from pyvault.errors import (
    BackendUnavailableError,
    ItemNotFoundError,
    VaultExistsError,
    VaultGoneError,
    VaultNotFoundError,
)
from pyvault.names import check_item_name
from pyvault.paths import counting, current_environment, find_paths
from pyvault.record import replace
from pyvault.thread_locks import holding, tell_of_fork
from pyvault.trace import warn
from pyvault.vaultfile.file_options import BACKEND, VaultSettings
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pyvault.names import ItemName
    from pyvault.secret import Secret
    from pyvault.vaultfile.unlock.store_key import StoreKeys
    from pyvault.vaultfile.unlock.unlock_cache import UnlockCache


class FileBackend:
    """The vault file as a backend; also a parent of session vaults.

    Options: see :class:`~pyvault.vaultfile.file_options.VaultSettings`.
    """

    API_VERSION: ClassVar[int] = 1

    def __init__(self, settings: VaultSettings, ask: Ask) -> None:
        self._settings = settings
        self._ask = ask
        self._guard = threading.RLock()
        self._vault: Vault | None = None
        self._listener: Callable[[str], None] | None = None
        self._cache: Callable[[], UnlockCache | None] = lambda: None
        settings.place.on_warning(self._tell)
        # One for all openings, so that a warning comes once.
        self._environ = current_environment()
        self._trust = TrustStore(find_paths(self._environ).trust, warn=self._tell, checks=settings.options.checks)
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Make the lock new."""
        self._guard = threading.RLock()

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Check the options; nothing is read or asked yet."""
        return cls(VaultSettings.parse(options), ask)

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Check the options; with those it works anywhere."""
        VaultSettings.parse(options)
        return Availability(available=True)

    @classmethod
    def reads(cls, options: Options) -> tuple[str, ...]:
        """Return none: what the file says is in the options."""
        del options
        return ()

    def get(self, name: ItemName) -> Secret[bytes]:
        """Return the item's bytes; a vault that is not there holds no items."""
        with self._in_vault(item=name) as vault:
            return vault.get(name)

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        """Store or replace the item; makes the vault if there is none."""
        self.put_with(name, data, {})

    def put_with(self, name: ItemName, data: Secret[bytes], attributes: Mapping[str, str]) -> None:
        """Store the item and its attributes in one write."""
        check_item_name(name)
        with self._in_vault(make=True) as vault:
            vault.put(name, data, attributes=attributes)

    def attributes(self, name: ItemName) -> Mapping[str, str]:
        """Return the attributes from the index; decrypts no item."""
        with self._in_vault(item=name) as vault:
            for entry in vault.entries(only=name):
                return entry.attributes
        raise ItemNotFoundError(f"there is no item '{name}'")

    def get_versioned(self, name: ItemName) -> tuple[Secret[bytes], str]:
        with self._in_vault(item=name) as vault:
            return vault.get_versioned(name)

    def put_if(self, name: ItemName, data: Secret[bytes], version: str) -> str:
        with self._in_vault(item=name) as vault:
            return vault.put_if(name, data, version)

    def create(self, name: ItemName, data: Secret[bytes]) -> str:
        """Store an item that is not there yet; makes the vault if there is none."""
        check_item_name(name)
        with self._in_vault(make=True) as vault:
            return vault.put_if(name, data, None)

    def delete(self, name: ItemName) -> None:
        with self._in_vault(item=name) as vault:
            vault.delete(name)

    def names(self) -> list[ItemName]:
        """List the items; decrypts none."""
        try:
            with self._in_vault() as vault:
                return [entry.name for entry in vault.entries()]
        except VaultNotFoundError:  # one that is gone is another error
            return []

    @holding
    def transaction(self) -> Generator[None]:
        """Make the changes inside one write of the file."""
        with self._in_vault(make=True) as vault, vault.transaction():
            yield

    def open_now(self) -> None:
        """Open the vault that is there; asks for what opens it."""
        self._opened()

    def lock(self) -> None:
        """Forget the key; the next call asks again."""
        self.close()

    def locked(self) -> bool:
        """Return whether the key is forgotten."""
        return self._vault is None

    def describe(self) -> dict[str, str]:
        """Return where the vault is, without opening it."""
        described = {"path": str(self._settings.place)}
        if self._settings.keyfile:
            described["key file"] = str(self._settings.keyfile)
        if self._settings.unlock_store:
            described["unlock store"] = self._settings.unlock_store
        return described

    def on_warning(self, listener: Callable[[str], None]) -> None:
        """Set who is told that this machine can't remember vaults."""
        self._listener = listener

    def use_unlock_cache(self, cache: Callable[[], UnlockCache | None]) -> None:
        """Set what may have the data key, and keeps it once a person typed the passphrase."""
        self._cache = cache

    def serve_one_command(self) -> None:
        """Answer from what was opened a moment ago; in a bucket each look is a request."""
        settings = self._settings
        self._settings = replace(settings, options=replace(settings.options, one_command=True))

    def asks_a_person(self) -> bool:
        """Return whether nothing that was provided opens the vault, or would open a new one."""
        return replace(self._settings.sources(self._ask), passphrase_prompt=None, passphrase_again=None).is_empty()

    def has_vault(self) -> bool:
        """Return whether there is a vault."""
        settings = self._settings
        if not settings.place.exists():
            from pyvault.vaultfile.lost_vault import refuse_lost

            refuse_lost(settings.place.settled(settings.options.checks), self._trust.known_states(), settings.options)
            return False
        return True

    @property
    def vault_id(self) -> bytes:
        """16 bytes, constant for the vault's life."""
        return self._opened_or_made().vault_id

    @property
    def key_epoch(self) -> int:
        """Grows with every change of the data key."""
        return self._opened_or_made().key_epoch

    def child_key(self, child_id: bytes) -> Secret[bytes]:
        """Derive the wrapping key of a session vault."""
        return self._opened_or_made().child_key(child_id)

    def close(self) -> None:
        """Forget the key."""
        with self._guard:
            if self._vault is not None:
                self._vault.close()
                self._vault = None

    def _tell(self, text: str) -> None:
        if self._listener is not None:
            self._listener(text)
        else:
            warn(__name__, text)

    @holding
    def _in_vault(self, *, make: bool = False, item: ItemName | None = None) -> Generator[Vault]:
        """Open or make the vault; whose file vanishes after that is gone, and not one without items.

        Args:
            make: a new one where there is none.
            item: that is looked for; a vault that is not there has none.
        """
        try:
            vault = self._opened_or_made() if make else self._opened()
        except VaultNotFoundError as missing:
            if item is None:
                raise
            raise ItemNotFoundError(f"there is no item '{item}': {missing.message}", hint=missing.hint) from None
        try:
            yield vault
        except VaultNotFoundError as missing:
            hint = "put the file back; 'pyvault vault restore 1' restores the newest backup"
            raise VaultGoneError(missing.message, hint=hint) from None

    def _opened(self) -> Vault:
        with self._guard:
            if self._vault is None:
                self._vault = self._open()
            return self._vault

    def _opened_or_made(self) -> Vault:
        with self._guard:
            try:
                return self._opened()
            except VaultNotFoundError:
                self._vault = self._make()
            return self._vault

    def _open(self) -> Vault:
        settings = self._settings
        if settings.unlock_store == BACKEND:
            raise BackendUnavailableError("a vault file can't keep its own key", hint="name another unlock_store")
        wrapping_key = None
        if settings.unlock_store:
            from pyvault.vaultfile.unlock.store_key import kept_key

            wrapping_key = kept_key(self._unlock_store, warn=self._tell)
        sources = settings.sources(self._ask, wrapping_key=wrapping_key, cache=self._cache)
        return Vault.open(settings.place, sources, trust=self._trust, options=settings.options)

    def _make(self) -> Vault:
        from pyvault.vaultfile.unlock.new_slot import PassphraseSlot
        from pyvault.vaultfile.unlock.passphrase import outer_blanks

        settings = self._settings
        try:
            slots = settings.new_slots(self._ask, cache=self._cache)
            for slot in slots:
                if isinstance(slot, PassphraseSlot) and (blanks := outer_blanks(slot.passphrase)):
                    self._tell(blanks)
            return Vault.create(settings.place, new_slots=slots, trust=self._trust, options=settings.options)
        except VaultExistsError:
            return self._open()  # another process made it a moment ago

    def _unlock_store(self) -> StoreKeys:
        from pyvault.storage.choice_file import ChoiceFile
        from pyvault.storage.registry import open_backend
        from pyvault.vaultfile.unlock.store_key import StoreKeys

        name = self._settings.unlock_store or ""
        # A third party's is handed the key of everything.
        admit = ChoiceFile(find_paths(self._environ).choice, checks=self._settings.options.checks).admit
        with counting(self._environ):
            return StoreKeys(
                open_backend(name, self._settings.unlock_store_options, self._ask, admit=admit, warn=self._tell)
            )
