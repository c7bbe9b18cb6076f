"""The open vault: the one entry point to this package.

Every read looks at the file in place, so another handle's writes are seen at once; every write is a
transaction that locks, reads and verifies again first. A handle can be used from several threads: they wait
for each other. Most processes only read, so what writes and rekeys is imported where it happens.

Longer than most files: it is the whole surface, and each method only takes the
handle's lock and calls the module that does the work.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Self

from pyvault.errors import ConflictError, UsageError
from pyvault.thread_locks import holding, tell_of_fork
from pyvault.vaultfile.disk.local_place import LocalPlace
from pyvault.vaultfile.handle import Handle, open_vault
from pyvault.vaultfile.state.entries import Entry, SlotInfo
from pyvault.vaultfile.vault_options import VaultOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pyvault.names import ItemName
    from pyvault.secret import Secret
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.place import Place
    from pyvault.vaultfile.state.draft import Change
    from pyvault.vaultfile.state.transaction import Transaction
    from pyvault.vaultfile.state.trust_store import TrustStore
    from pyvault.vaultfile.state.vault_state import VaultState
    from pyvault.vaultfile.unlock.key_sources import UnlockSources
    from pyvault.vaultfile.unlock.new_slot import NewSlot

ORDINARY = VaultOptions()
CLEARED = "cleared"  #: key in the index's meta


class Vault:
    """An unlocked vault file."""

    def __init__(self, handle: Handle) -> None:
        """Wrap a handle; use :meth:`create`, :meth:`open` or :meth:`restore`."""
        self._handle: Handle | None = handle
        self._guard = threading.RLock()
        self._transaction: Transaction | None = None
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Leave the transaction to the parent, which has the lock of the file."""
        self._guard = threading.RLock()
        self._transaction = None

    @classmethod
    def create(
        cls,
        path: Path | Place,
        *,
        new_slots: Sequence[NewSlot],
        trust: TrustStore | None = None,
        options: VaultOptions = ORDINARY,
    ) -> Self:
        """Make an empty vault; see :func:`~pyvault.vaultfile.state.new_vault_file.create_vault`.

        Args:
            path: must be free; a missing directory is created.
            new_slots: at least one.
            trust: None for a session vault.
            options: how to use it.
        """
        from pyvault.vaultfile.state.new_vault_file import create_vault

        if not new_slots:
            raise ValueError("a vault without a slot can't be opened")
        return cls(create_vault(path, new_slots, trust, options))

    @classmethod
    def open(
        cls,
        path: Path | Place,
        sources: UnlockSources,
        *,
        trust: TrustStore | None = None,
        options: VaultOptions = ORDINARY,
    ) -> Self:
        """Open a vault; may ask the user. See :func:`~pyvault.vaultfile.handle.open_vault`."""
        return cls(open_vault(path, sources, trust, options))

    @classmethod
    def restore(
        cls,
        path: Path | Place,
        number: int,
        sources: UnlockSources,
        *,
        trust: TrustStore | None = None,
        options: VaultOptions = ORDINARY,
    ) -> Self:
        """Restore a backup; see :func:`~pyvault.vaultfile.state.new_vault_file.restore_vault`."""
        from pyvault.vaultfile.state.new_vault_file import restore_vault

        return cls(restore_vault(path, number, sources, trust, options))

    # What it is

    @property
    def place(self) -> Place:
        """Where it is."""
        return self._open_handle().place

    @property
    def path(self) -> Path:
        """The absolute path of a file of this machine."""
        if not isinstance(self.place, LocalPlace):
            raise TypeError(f"'{self.place}' is no file of this machine")
        return self.place.path

    @property
    def vault_id(self) -> bytes:
        """16 bytes that never change."""
        return self._open_handle().snapshot.header.vault_id

    @property
    def header(self) -> Header:
        """The clear part as it was last verified; for the unlock cache."""
        return self._open_handle().snapshot.header

    @property
    def key_epoch(self) -> int:
        """Grows with every change of the data key."""
        return self._open_handle().snapshot.header.key_epoch

    @property
    def generation(self) -> int:
        """Grows with every write."""
        return self._open_handle().snapshot.header.generation

    @property
    def fingerprint(self) -> bytes:
        """16 public bytes that name the data key."""
        return self._open_handle().keys.fingerprint

    @property
    def state(self) -> VaultState:
        """The state last verified, for :meth:`TrustStore.accept`."""
        return self._open_handle().state

    @property
    def data_key(self) -> Secret[bytes]:
        """32 bytes that open this vault until the next rekey."""
        return self._open_handle().keys.data

    @property
    def needs_renewal(self) -> bool:
        """Whether a passphrase slot has a KDF setting below today's floor."""
        return any(slot.cost is not None and slot.cost.is_below_floor() for slot in self.slots())

    @property
    def cleared(self) -> int:
        """The number of the last :meth:`note_cleared`; 0 if there was none."""
        number = self._open_handle().snapshot.index.meta.get(CLEARED)
        return number if isinstance(number, int) else 0

    def note_cleared(self, number: int) -> None:
        """Record the number of a clearing; for session vaults."""
        from pyvault.record import replace

        self._change(lambda draft: replace(draft, meta={**draft.meta, CLEARED: number}))

    def child_key(self, child_id: bytes) -> Secret[bytes]:
        """Derive the 32-byte wrapping key of a child vault."""
        return self._open_handle().keys.child(child_id)

    # Items

    def entries(self, only: ItemName | None = None) -> list[Entry]:
        """Return the items in the order of the file, or *only* that one if it is there; decrypts none."""
        with self._guard:
            if self._transaction is None:
                with self._open_handle().reading(serves="listing"):
                    known = self._open_handle().snapshot.index.entries
            else:
                self._transaction.has_read = True
                known = tuple(record.entry for record in self._transaction.draft.records)
            return [Entry.of(each) for each in known if only is None or each.name == only]

    def get(self, name: ItemName) -> Secret[bytes]:
        """Return an item's payload.

        Raises:
            ItemNotFoundError: there is no such item.
            TamperedError: its record is damaged.
        """
        return self.get_versioned(name)[0]

    def get_versioned(self, name: ItemName) -> tuple[Secret[bytes], str]:
        """Return an item's payload and its version; raises as :meth:`get`."""
        with self._guard:
            handle = self._open_handle()
            if self._transaction is None:
                with handle.reading(serves="item") as reader:
                    entry = handle.snapshot.index.find(name)
                    return reader.record(handle.keys, entry), entry.version
            self._transaction.read.add(name)
            draft, record = self._transaction.draft, self._transaction.draft.find(name)
            if record.box is not None:
                return draft.opened(record), record.entry.version
            with handle.reading() as reader:
                return reader.record(draft.keys, record.entry), record.entry.version

    def put(
        self,
        name: ItemName,
        data: Secret[bytes],
        *,
        attributes: Mapping[str, str] | None = None,
        expires: datetime | None = None,
    ) -> None:
        """Store or replace an item.

        Args:
            name: checked, as ``pyvault.names`` makes it.
            data: at most 1 MiB.
            attributes: non-secret facts; replace the earlier ones.
            expires: aware; kept in whole seconds.

        Raises:
            ItemTooLargeError: over the limit, or the vault is full.
            WriteFailedError: nothing changed.
        """
        modified = int(self._open_handle().options.clock().timestamp())
        until = None if expires is None else int(expires.timestamp())
        facts = dict(attributes or {})
        self._change(lambda draft: draft.with_item(name, data, modified=modified, expires=until, attributes=facts))

    def put_if(self, name: ItemName, data: Secret[bytes], version: str | None) -> str:
        """Store an item only while it has this version; see :func:`~pyvault.vaultfile.state.conditional.put_if`."""
        from pyvault.vaultfile.state.conditional import put_if

        modified = int(self._open_handle().options.clock().timestamp())
        with self.transaction():
            return put_if(self._transaction, name, data, version, modified=modified, kept=partial(self.get, name))

    def delete(self, name: ItemName) -> None:
        """Remove an item, even a damaged one. Backups still hold it, see ``delete_backups``.

        Raises:
            ItemNotFoundError: there is no such item.
            WriteFailedError: nothing changed.
        """
        self._change(lambda draft: draft.without_item(name))

    @holding
    def transaction(self) -> Generator[None]:
        """Make the changes inside the ``with`` one write: all of them, or none.

        Holds the vault's lock; a nested transaction joins the outer one.

        Raises:
            LockTimeoutError: another process kept the lock.
            ConflictError: others wrote in spite of the lock, after something was read here; or the process was
                forked inside, and this is the child.
        """
        from pyvault.vaultfile.state.transaction import Transaction

        with self._guard:
            handle = self._open_handle()
            if self._transaction is not None:
                with self._transaction.nested():
                    yield
                return
            with handle.place.lock(handle.options):
                with handle.reading("current"):  # before anything is done that depends on writing
                    pass
                transaction = Transaction.on(handle)
                self._transaction = transaction
                try:
                    yield
                    if self._transaction is not transaction:
                        raise ConflictError("the process was forked inside a transaction: its parent writes it")
                finally:
                    self._transaction = None
                if transaction.changes:
                    handle.write(lambda _base: transaction.draft_on_top(handle))

    def refresh(self) -> None:
        """Read other writers' changes.

        Raises:
            VaultFileError: the file is gone, damaged, older, forked or foreign.
        """
        with self._guard, self._open_handle().reading():
            pass

    def verify(self) -> int:
        """Read and open everything, and return the number of records.

        Raises:
            TamperedError: header, index or records are damaged; the message names every damaged record.
        """
        with self._guard:
            return self._open_handle().verify()

    # Slots and keys

    def slots(self) -> list[SlotInfo]:
        """Return the key slots."""
        with self._guard:
            return self._open_handle().slots()

    def add_slot(self, new: NewSlot) -> bytes:
        """Add a way to unlock, and return the slot's id.

        Raises:
            UsageError: the vault has as many slots of this kind as it can have.
        """
        from pyvault.vaultfile.state.slot_changes import place_slot

        with self._guard:
            return place_slot(self._open_handle(), new, self._change)

    def remove_slot(self, slot_id: bytes) -> None:
        """Remove a way to unlock, and delete the backups, which would still have it.

        Anyone with the old secret and an old copy can still open that copy, and knows the
        data key; only :meth:`rekey` protects later versions.

        Raises:
            ItemNotFoundError: there is no such slot.
            UsageError: it is the last one that opens the vault.
        """
        self._change(lambda draft: draft.without_slot(slot_id))

    def change_passphrase(self, new: NewSlot, *, slot_id: bytes | None = None) -> bytes:
        """Replace a passphrase, delete the backups, and return the new slot's id.

        Args:
            new: the new passphrase slot.
            slot_id: the slot to replace; by default the one that opened this
                handle, or else the vault's only passphrase slot.

        Raises:
            UsageError: it isn't clear which slot is meant.
        """
        from pyvault.vaultfile.state.slot_changes import find_passphrase_slot, place_slot

        with self._guard:
            replaced = slot_id or find_passphrase_slot(self.slots())
            return place_slot(self._open_handle(), new, self._change, instead_of=replaced)

    def rekey(
        self,
        sources: UnlockSources | None = None,
        *,
        drop_slots: Callable[[Sequence[SlotInfo]], bool] = lambda _lost: False,
    ) -> list[SlotInfo]:
        """Seal everything under a new data key, delete the backups, and return the dropped slots.

        Args:
            sources: other keys whose slots are to stay, besides the one that opened this handle; may ask the user.
            drop_slots: called with the slots that would be lost; returns whether to go on.

        Raises:
            InputRequiredError: slots would be lost, and *drop_slots* returned False.
            UsageError: no slot would be left.
            ConflictError: the slots changed meanwhile.
        """
        from pyvault.vaultfile.state.rekey import rekey

        with self._guard:
            if self._transaction is not None:
                raise UsageError("rekey can't be part of a transaction")
            return rekey(self._open_handle(), sources, drop_slots)

    def close(self) -> None:
        """Release the keys; may be called twice."""
        with self._guard:
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_handle(self) -> Handle:
        if self._handle is None:
            raise ValueError("the vault is closed")
        return self._handle

    def _change(self, change: Change) -> None:
        with self.transaction():
            if self._transaction is not None:
                self._transaction.apply(change)
