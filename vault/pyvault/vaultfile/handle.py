"""An open vault file: its keys and the last verified state; and how it is opened."""

from __future__ import annotations

import contextlib
import math
import time
from functools import cache, partial
from typing import TYPE_CHECKING, Literal

from pyvault.errors import (
    ConflictError,
    ForeignVaultError,
    ForkError,
    RollbackError,
    TamperedError,
    VaultNotFoundError,
    WrongKeyError,
)
from pyvault.record import MutableRecord, field, replace
from pyvault.sealing import BrokenSealError
from pyvault.thread_locks import holding
from pyvault.trace import trace
from pyvault.vaultfile.disk.local_place import canonical_path, lock, place_at
from pyvault.vaultfile.disk.vault_reader import Snapshot, VaultReader
from pyvault.vaultfile.format.sealed_record import Keys, derive_keys
from pyvault.vaultfile.state.entries import SlotInfo
from pyvault.vaultfile.state.trust_store import TrustStore, check_history
from pyvault.vaultfile.state.vault_state import VaultState
from pyvault.vaultfile.unlock.key_sources import Unlocked, Unlocking

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from pyvault.secret import Secret
    from pyvault.vaultfile.format.descent import Step
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.place import Look, Place
    from pyvault.vaultfile.state.draft import Draft
    from pyvault.vaultfile.state.remembering import Memory
    from pyvault.vaultfile.state.trust_store import TrustStore
    from pyvault.vaultfile.unlock.key_sources import UnlockSources
    from pyvault.vaultfile.vault_options import VaultOptions

Serves = Literal["listing", "item"]
START = 1.0  # seconds in which a command has opened and read its vault
__all__ = ["Handle", "admit", "canonical_path", "follow", "lock", "open_vault", "unlocking"]


class Handle(MutableRecord):
    """One open vault file.

    Attributes:
        place: settled: without redirections.
        unlocked: what opened it.
        snapshot: the last state that was verified or written.
        last_write: the last write from this state directory, as far as it is known.
        opened: when, by the monotonic clock; what was opened a moment ago serves one listing and one item, so that
            a command is one request where a request costs something. A write ends that.
        served: which of the two it has served.
    """

    place: Place
    options: VaultOptions
    trust: TrustStore | None
    unlocked: Unlocked
    keys: Keys
    snapshot: Snapshot
    last_write: tuple[int, bytes] | None = None
    opened: float = field(default_factory=time.monotonic)
    served: frozenset[str] = frozenset()

    @property
    def state(self) -> VaultState:
        """The last verified state, as the trust file remembers it."""
        return VaultState.of(
            self.place.identity,
            self.snapshot.header,
            self.keys.fingerprint,
            last_write=self.last_write,
            external=external_of(self.unlocked, self.snapshot.header),
        )

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
    def reading(
        self, look: Look = "any", *, serves: Serves | None = None, memory: Memory | None = None
    ) -> Generator[VaultReader]:
        """Open the file in place, verified; :attr:`snapshot` is then its state.

        Args:
            look: how new the state must be.
            serves: what it is for, where that may be what was opened a moment ago.
            memory: the locked trust file, inside a write.

        Raises:
            VaultFileError: it is gone, damaged, older, forked or foreign.
            WrongKeyError: it has another data key now, and our slot is gone.
        """
        if serves is not None and self._is_at_hand(serves):
            look, self.served = "last", self.served | {serves}
        else:
            self.served = frozenset({"listing", "item"})
        with VaultReader(self.place, self.options.checks, look) as reader:
            self._admit(reader, memory)
            reader.confirm(memory or self.trust)
            yield reader

    def _is_at_hand(self, serves: Serves) -> bool:
        """Return whether what was opened a moment ago will do."""
        counts = self.options.one_command or serves not in self.served
        return counts and time.monotonic() - self.opened < START

    def write(self, make: Callable[[VaultReader], Draft]) -> None:
        """Replace the file with the draft that *make* returns for its present state; only under :func:`lock`.

        Raises:
            ConflictError: others were quicker each time.
            LockTimeoutError: the trust file stayed locked; nothing changed.
            WriteFailedError: nothing changed; or it did, and backups that were to be deleted are still there.
        """
        from pyvault.vaultfile.state.remembering import remembering, writer_of

        with remembering(self.trust, timeout=self.options.lock_timeout) as memory:
            self.keys, self.snapshot = self._write(make, memory)
            self.last_write = None if writer_of(memory) is None else self.state.step
            if memory is not None:
                memory.record(self.state)
        self.opened = -math.inf  # what was written is read back from where it is
        self.place.after_write(self.snapshot)

    def _write(self, make: Callable[[VaultReader], Draft], memory: Memory | None) -> tuple[Keys, Snapshot]:
        from pyvault.vaultfile.disk.write import SupersededError
        from pyvault.vaultfile.state.remembering import writer_of

        tried: list[Step] = []
        attempts = self.place.attempts(self.options, tried)
        while True:
            next(attempts)
            with (
                contextlib.suppress(SupersededError),
                self.place.after_unclear(tried),
                self.reading("current" if tried else "last", memory=memory) as base,
            ):
                self.snapshot = base.snapshot(self.keys)  # opens the index even if the header is the known one
                if tried and self.place.find_written(tried, self.snapshot):
                    return self.keys, self.snapshot  # only the answer was lost
                draft = make(base)
                return draft.keys, self.place.write(
                    draft, base=base, over=base, options=self.options, writer=writer_of(memory), tried=tried
                )

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
            raise TamperedError(f"'{self.place}' has {count}: {named}")
        return len(entries)

    def _admit(self, reader: VaultReader, memory: Memory | None) -> None:
        if reader.still_shows(self.snapshot):
            return
        header = reader.header
        if header.vault_id != self.snapshot.header.vault_id:
            raise ForeignVaultError(f"'{self.place}' was replaced by another vault")
        keys, unlocked = self.keys, self.unlocked
        if header.key_epoch != self.snapshot.header.key_epoch:
            unlocked = follow(unlocked, header, self.place)
            keys = derive_keys(unlocked.data_key, header.vault_id)
            if self.options.expect_fingerprints:
                from pyvault.vaultfile.state.expectations import check_key

                check_key(self.place, keys, self.options)
        reader.verify_header(keys)
        seen = VaultState.of(
            self.place.identity,
            header,
            keys.fingerprint,
            last_write=self.last_write,
            external=external_of(unlocked, header),
        )
        opened = cache(partial(reader.snapshot, keys))
        seen = admit(self.place, seen, {header.vault_id: self.state}, opened, self.trust)
        # The snapshot last: whatever is raised in between, and wherever a fork copies it, the rest is looked at again.
        self.unlocked, self.keys, self.snapshot = unlocked, keys, opened()
        if remembered := memory or self.trust:
            remembered.record(seen)


def admit(
    place: Place,
    seen: VaultState,
    known: Mapping[bytes, VaultState],
    snapshot: Callable[[], Snapshot],
    trust: TrustStore | None,
) -> VaultState:
    """Return what to remember of a state that may follow the last one seen; see ``state/trust_store.py``.

    Raises:
        RollbackError, ForkError: it may not; the error names a conflict copy next to the vault.
        ForeignVaultError: it is another vault.
    """
    try:
        return check_history(seen, known, snapshot, (lambda: None) if trust is None else trust.writer)
    except (ForkError, RollbackError) as exc:
        raise place.name_other_states(exc, seen.vault_id) from None


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


def follow(unlocked: Unlocked, header: Header, path: object) -> Unlocked:
    """Return what opens another state of the vault by the slot that opened this one.

    A rekey elsewhere wrapped the new data key for our slot too, if it was given the key of that slot.

    Raises:
        WrongKeyError: it does not.
    """
    for slot in header.slots:
        if slot.slot_id == unlocked.slot_id and unlocked.wrapping_key is not None:
            with contextlib.suppress(BrokenSealError):
                return replace(unlocked, data_key=slot.open(unlocked.wrapping_key, header.vault_id))
    raise WrongKeyError(f"'{path}' was rekeyed, and the slot that opened it is gone", hint="open it again")


def external_of(unlocked: Unlocked, header: Header) -> tuple[bytes, bytes] | None:
    """Return the slot of type 7 that opened a vault and the id of its wrapping key; None for any other slot."""
    if not unlocked.external or unlocked.slot_id is None or unlocked.wrapping_key is None:
        return None
    from pyvault.vaultfile.format.external_key import kek_id

    return unlocked.slot_id, kek_id(unlocked.wrapping_key, header.vault_id)


def open_vault(path: Path | Place, sources: UnlockSources, trust: TrustStore | None, options: VaultOptions) -> Handle:
    """Open a vault.

    The trust file is read first, so that a vault newer than its entry is not
    suspicious. The vault file is closed while the user is asked.

    Raises:
        VaultGoneError: it is not there, and should be.
        VaultFileError: see the distinct errors of ``pyvault.errors``.
        InputRequiredError: no source of a key was given.
        UserCancelledError: the user declined.
    """
    place = place_at(path).settled(options.checks)
    known = trust.known_states() if trust is not None else {}
    try:
        with VaultReader(place, options.checks) as locked:
            pass
    except VaultNotFoundError:
        from pyvault.vaultfile.lost_vault import refuse_lost

        refuse_lost(place, known, options)
        raise
    if options.expects_a_vault:
        from pyvault.vaultfile.state.expectations import check_id

        check_id(place, locked.header, options)
    unlocked = unlocking(locked, options).unlock(sources)
    keys = derive_keys(unlocked.data_key, locked.header.vault_id)
    with VaultReader(place, options.checks, "last") as reader:
        if (reader.header.vault_id, reader.header.key_epoch) != (locked.header.vault_id, locked.header.key_epoch):
            raise ConflictError(f"'{place}' was rekeyed while it was being opened", hint="try again")
        reader.verify_header(keys)
        if options.expects_a_vault:
            from pyvault.vaultfile.state.expectations import check_generation, check_key

            check_key(place, keys, options)
            check_generation(place, reader.header, options)
        before = known.get(reader.header.vault_id)
        last_write = None if before is None else before.last_write
        opened = cache(partial(reader.snapshot, keys))
        external = external_of(unlocked, reader.header)
        seen = VaultState.of(place.identity, reader.header, keys.fingerprint, last_write=last_write, external=external)
        if external is not None:
            from pyvault.vaultfile.state.expectations import check_external

            check_external(place, seen, before, options)
        seen = admit(place, seen, known, opened, trust)
        snapshot = opened()
    if (unlocked.by_prompt or unlocked.external) and sources.keep_data_key is not None:
        sources.keep_data_key(reader.header, unlocked)
    if trust is not None and (
        before is None
        or before.step != seen.step
        or seen.path not in before.places
        or external not in {None, before.external}
    ):
        trust.record(seen)  # takes a lock, so only for news
    reader.confirm(trust)
    trace(__name__, "opened '%s', generation %s, by slot %s", place, seen.generation, (unlocked.slot_id or b"").hex())
    return Handle(
        place=place,
        options=options,
        trust=trust,
        unlocked=unlocked,
        keys=keys,
        snapshot=snapshot,
        last_write=last_write,
    )
