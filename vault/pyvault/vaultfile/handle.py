"""An open vault file: its keys and the last verified state; and how it is opened."""

from __future__ import annotations

import contextlib
import os
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.errors import (
    ConflictError,
    ForeignVaultError,
    ForkError,
    RollbackError,
    TamperedError,
    VaultNotFoundError,
    WrongKeyError,
)
from pyvault.files.file_checks import check_ancestors
from pyvault.record import MutableRecord
from pyvault.sealing import BrokenSealError
from pyvault.thread_locks import holding
from pyvault.trace import trace
from pyvault.vaultfile.disk.vault_reader import Snapshot, VaultReader
from pyvault.vaultfile.format.sealed_record import Keys, derive_keys
from pyvault.vaultfile.state.entries import SlotInfo
from pyvault.vaultfile.state.trust_store import TrustStore, check_history
from pyvault.vaultfile.state.vault_state import VaultState
from pyvault.vaultfile.unlock.key_sources import Unlocked, Unlocking

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pyvault.files.lock import LockFile
    from pyvault.secret import Secret
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.state.draft import Draft
    from pyvault.vaultfile.state.remembering import Memory
    from pyvault.vaultfile.state.trust_store import TrustStore
    from pyvault.vaultfile.unlock.key_sources import UnlockSources
    from pyvault.vaultfile.vault_options import VaultOptions

MAX_RESTARTS = 5


class Handle(MutableRecord):
    """One open vault file.

    Attributes:
        path: absolute, its directory without links.
        unlocked: what opened it.
        snapshot: the last state that was verified or written.
        last_write: the last write from this state directory, as far as it is known.
    """

    path: Path
    options: VaultOptions
    trust: TrustStore | None
    unlocked: Unlocked
    keys: Keys
    snapshot: Snapshot
    last_write: tuple[int, bytes] | None = None

    @property
    def state(self) -> VaultState:
        """The last verified state, as the trust file remembers it."""
        return VaultState.of(self.path, self.snapshot.header, self.keys.fingerprint, last_write=self.last_write)

    def slots(self) -> list[SlotInfo]:
        """List the key slots of :attr:`snapshot`."""
        labels = self.snapshot.index.slot_labels()
        return [
            SlotInfo.of(
                slot,
                label=labels.get(slot.slot_id.hex()),
                unlocked_this=slot.slot_id == self.unlocked.slot_id,
            )
            for slot in self.snapshot.header.slots
        ]

    @holding
    def reading(self, memory: Memory | None = None) -> Generator[VaultReader]:
        """Open the file in place, verified; :attr:`snapshot` is then its state.

        Args:
            memory: the locked trust file, inside a write.

        Raises:
            VaultFileError: it is gone, damaged, older, forked or foreign.
            WrongKeyError: it has another data key now, and our slot is gone.
        """
        with VaultReader(self.path, self.options.checks) as reader:
            self._admit(reader, memory)
            yield reader

    def write(self, make: Callable[[VaultReader], Draft]) -> None:
        """Replace the file with the draft that *make* returns for its present state; only under :func:`lock`.

        Raises:
            ConflictError: other writers got through each time, in spite of the lock.
            LockTimeoutError: the trust file stayed locked; nothing changed.
            WriteFailedError: nothing changed.
        """
        from pyvault.vaultfile.state.remembering import remembering

        with remembering(self.trust, timeout=self.options.lock_timeout) as memory:
            self._write(make, memory)

    def _write(self, make: Callable[[VaultReader], Draft], memory: Memory | None) -> None:
        from pyvault.vaultfile.disk.write import SupersededError, check_unchanged, write_draft

        writer = None if memory is None else memory.writer
        for _ in range(MAX_RESTARTS):
            with self.reading(memory) as base:
                self.snapshot = base.snapshot(self.keys)  # opens the index even if the header is the known one
                draft = make(base)
                try:
                    snapshot = write_draft(
                        self.path,
                        draft,
                        base=base,
                        check_in_place=partial(check_unchanged, self.path, base.header, self.options),
                        options=self.options,
                        writer=writer,
                    )
                except SupersededError:
                    continue
            self.keys, self.snapshot = draft.keys, snapshot
            self.last_write = None if writer is None else self.state.step
            if memory is not None:
                memory.record(self.state)
            return
        raise ConflictError(f"'{self.path}' is being written by processes that don't honor the lock")

    def verify(self) -> int:
        """Verify the header, open the index and every record, and return the number of records.

        Raises:
            TamperedError: something is damaged; the message names every damaged record.
        """
        with self.reading() as reader:
            entries = reader.snapshot(self.keys).index.entries
            damaged = [str(entry.name) for entry in entries if reader.is_damaged(self.keys, entry)]
        if damaged:
            named = ", ".join(f"'{name}'" for name in damaged)
            count = (
                "1 modified or damaged record" if len(damaged) == 1 else f"{len(damaged)} modified or damaged records"
            )
            raise TamperedError(f"'{self.path}' has {count}: {named}")
        return len(entries)

    def _admit(self, reader: VaultReader, memory: Memory | None) -> None:
        if reader.still_shows(self.snapshot):
            return
        header = reader.header
        if header.vault_id != self.snapshot.header.vault_id:
            raise ForeignVaultError(f"'{self.path}' was replaced by another vault")
        keys, unlocked = self.keys, self.unlocked
        if header.key_epoch != self.snapshot.header.key_epoch:
            unlocked = follow(unlocked, header, self.path)
            keys = derive_keys(unlocked.data_key, header.vault_id)
            if self.options.expect_fingerprints:
                from pyvault.vaultfile.state.expectations import check_key

                check_key(self.path, keys, self.options)
        reader.verify_header(keys)
        seen = VaultState.of(self.path, header, keys.fingerprint, last_write=self.last_write)
        opened = cache(partial(reader.snapshot, keys))
        seen = admit(seen, {header.vault_id: self.state}, opened, self.trust)
        # The snapshot last: whatever is raised in between, and wherever a fork copies it, the rest is looked at again.
        self.unlocked, self.keys, self.snapshot = unlocked, keys, opened()
        if remembered := memory or self.trust:
            remembered.record(seen)


def admit(
    seen: VaultState, known: Mapping[bytes, VaultState], snapshot: Callable[[], Snapshot], trust: TrustStore | None
) -> VaultState:
    """Return what to remember of a state that may follow the last one seen; see ``state/trust_store.py``.

    Raises:
        RollbackError, ForkError: it may not; the error names a conflict copy next to the vault.
        ForeignVaultError: it is another vault.
    """
    try:
        return check_history(seen, known, snapshot, (lambda: None) if trust is None else trust.writer)
    except (ForkError, RollbackError) as exc:
        from pyvault.vaultfile.disk.conflict_copies import name_conflict_copies

        raise name_conflict_copies(exc, Path(seen.path), seen.vault_id) from None


def lock(path: Path, options: VaultOptions) -> LockFile:
    """Return the lock that every writer of the vault at *path* holds."""
    from pyvault.files.lock import LockFile  # readers need none

    return LockFile(path.with_name(f"{path.name}.lock"), timeout=options.lock_timeout, what=f"'{path}'")


def canonical_path(path: Path) -> Path:
    """Return a vault's absolute path, with the links to its directory resolved."""
    return Path(os.path.realpath(path.parent)) / path.name


def unlocking(reader: VaultReader, options: VaultOptions) -> Unlocking:
    """Return what unlocks the file that was opened, which may be closed meanwhile."""

    def fits(data_key: Secret[bytes]) -> bool:
        return reader.is_signed_by(derive_keys(data_key, reader.header.vault_id))

    return Unlocking(
        header=reader.header,
        path=reader.path,
        limits=options.limits,
        derive=options.derive,
        fits=fits,
        only=options.slot,
    )


def follow(unlocked: Unlocked, header: Header, path: Path) -> Unlocked:
    """Return what opens another state of the vault by the slot that opened this one.

    A rekey elsewhere wrapped the new data key for our slot too, if it was given the key of that slot.

    Raises:
        WrongKeyError: it does not.
    """
    for slot in header.slots:
        if slot.slot_id == unlocked.slot_id and unlocked.wrapping_key is not None:
            with contextlib.suppress(BrokenSealError):
                data_key = slot.open(unlocked.wrapping_key, header.vault_id)
                return Unlocked(data_key=data_key, slot_id=slot.slot_id, wrapping_key=unlocked.wrapping_key)
    raise WrongKeyError(f"'{path}' was rekeyed, and the slot that opened it is gone", hint="open it again")


def open_vault(path: Path, sources: UnlockSources, trust: TrustStore | None, options: VaultOptions) -> Handle:
    """Open a vault.

    The trust file is read first, so that a vault newer than its entry is not
    suspicious. The vault file is closed while the user is asked.

    Raises:
        VaultGoneError: it is not there, and should be.
        VaultFileError: see the distinct errors of ``pyvault.errors``.
        InputRequiredError: no source of a key was given.
        UserCancelledError: the user declined.
    """
    check_ancestors(path, options.checks)
    path = canonical_path(path)
    known = trust.known_states() if trust is not None else {}
    try:
        with VaultReader(path, options.checks) as locked:
            pass
    except VaultNotFoundError:
        from pyvault.vaultfile.lost_vault import refuse_lost

        refuse_lost(path, known, options)
        raise
    if options.expects_a_vault:
        from pyvault.vaultfile.state.expectations import check_id

        check_id(path, locked.header, options)
    unlocked = unlocking(locked, options).unlock(sources)
    keys = derive_keys(unlocked.data_key, locked.header.vault_id)
    with VaultReader(path, options.checks) as reader:
        if (reader.header.vault_id, reader.header.key_epoch) != (locked.header.vault_id, locked.header.key_epoch):
            raise ConflictError(f"'{path}' was rekeyed while it was being opened", hint="try again")
        reader.verify_header(keys)
        if options.expects_a_vault:
            from pyvault.vaultfile.state.expectations import check_generation, check_key

            check_key(path, keys, options)
            check_generation(path, reader.header, options)
        before = known.get(reader.header.vault_id)
        last_write = None if before is None else before.last_write
        opened = cache(partial(reader.snapshot, keys))
        seen = VaultState.of(path, reader.header, keys.fingerprint, last_write=last_write)
        seen = admit(seen, known, opened, trust)
        snapshot = opened()
    if unlocked.by_prompt and sources.keep_data_key is not None:
        sources.keep_data_key(reader.header, unlocked)
    if trust is not None and (before is None or before.step != seen.step or seen.path not in before.places):
        trust.record(seen)  # takes a lock, so only for news
    trace(__name__, "opened '%s', generation %s, by slot %s", path, seen.generation, (unlocked.slot_id or b"").hex())
    return Handle(
        path=path, options=options, trust=trust, unlocked=unlocked, keys=keys, snapshot=snapshot, last_write=last_write
    )
