"""Merging another state of a vault into the current file: open both, decide, write one state.

The other file is only read. It may be older, or not the one last seen; what is refused
is a result that would still lack what was seen here.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from pyvault.errors import ConflictError, ForeignVaultError, ForkError, RollbackError, WrongKeyError
from pyvault.record import Record, replace
from pyvault.vaultfile.disk.local_place import place_at
from pyvault.vaultfile.disk.vault_reader import VaultReader
from pyvault.vaultfile.disk.write import SupersededError
from pyvault.vaultfile.format.sealed_record import Keys, derive_keys
from pyvault.vaultfile.handle import Handle, external_of, follow, unlocking
from pyvault.vaultfile.state.draft import Draft
from pyvault.vaultfile.state.expectations import check_external, check_generation, check_id, check_key
from pyvault.vaultfile.state.merge import Merged, combine, compare
from pyvault.vaultfile.state.new_vault_file import remembered
from pyvault.vaultfile.state.places import vault_at
from pyvault.vaultfile.state.remembering import remembering, writer_of
from pyvault.vaultfile.state.trust_store import TrustStore, check_history
from pyvault.vaultfile.state.vault_state import VaultState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyvault.vaultfile.disk.vault_reader import Snapshot
    from pyvault.vaultfile.format.index import IndexEntry
    from pyvault.vaultfile.place import Place
    from pyvault.vaultfile.unlock.key_sources import Unlocked, UnlockSources
    from pyvault.vaultfile.vault_options import VaultOptions


class MergeReport(Record):
    """What a merge did, or would do.

    Attributes:
        merged: every entry of both; empty if the other file is an earlier state.
        generation: of the current state afterwards.
        earlier: the other file is a state that the current one was made from.
        other_keys: data key and slots are now those of the other file, which was rekeyed.
        other_slots: the two files have different slots.
    """

    merged: list[Merged]
    generation: int
    earlier: bool = False
    other_keys: bool = False
    other_slots: bool = False


class _State(Record):
    reader: VaultReader
    unlocked: Unlocked
    keys: Keys
    snapshot: Snapshot
    draft: Draft

    @classmethod
    def of(cls, reader: VaultReader, unlocked: Unlocked, keys: Keys) -> _State:
        snapshot = reader.snapshot(keys)
        draft = Draft.of(snapshot, keys)
        return cls(reader=reader, unlocked=unlocked, keys=keys, snapshot=snapshot, draft=draft)


def merge_vault(
    path: Path | Place,
    file: Path | Place,
    sources: UnlockSources,
    file_sources: UnlockSources,
    *,
    trust: TrustStore,
    options: VaultOptions,
    overwrite: bool = False,
    dry_run: bool = False,
) -> MergeReport:
    """Merge the state of the vault that is in *file* into the one at *path*.

    Args:
        path: the current file; it becomes the newest backup.
        file: another state of the same vault.
        sources: open the current file.
        file_sources: open *file*, if what opened the current file doesn't.
        trust: remembers the merged state.
        options: as for opening.
        overwrite: let *file* win wherever both have an entry and differ.
        dry_run: only report what would be done.

    Raises:
        ForeignVaultError: *file* is another vault.
        ForkError, RollbackError: the result would lack what was last seen here.
        VaultFileError: one of the two can't be read; nothing changed.
        ConflictError: one of the two changed meanwhile.
    """
    path = place_at(path).settled(options.checks)
    place_at(file).settled(options.checks)
    known = trust.known_states()
    with VaultReader(path, options.checks) as ours, VaultReader(file, options.checks) as theirs:
        pass
    check_id(path, ours.header, options)
    if theirs.header.vault_id != ours.header.vault_id:
        raise ForeignVaultError(f"'{file}' and '{path}' are different vaults")
    unlocked = unlocking(ours, options).unlock(sources)
    file_unlocked = _unlock_other(theirs, unlocked, file_sources, options)
    keys, file_keys = (derive_keys(each.data_key, ours.header.vault_id) for each in (unlocked, file_unlocked))
    check_key(path, keys, options)
    if (external := external_of(unlocked, ours.header)) is not None:
        seen = VaultState.of(path.identity, ours.header, keys.fingerprint, external=external)
        check_external(path, seen, known.get(ours.header.vault_id), options)
    check_key(file, file_keys, options)
    with (
        contextlib.nullcontext() if dry_run else path.lock(options),
        VaultReader(path, options.checks) as ours_again,
        VaultReader(file, options.checks) as theirs_again,
    ):
        if (ours_again.header, theirs_again.header) != (ours.header, theirs.header):
            raise ConflictError(f"'{path}' or '{file}' was changed meanwhile", hint="try again")
        here = _State.of(ours_again, unlocked, keys)
        there = _State.of(theirs_again, file_unlocked, file_keys)
        earlier = there.draft.descent.steps[-1] in here.draft.descent.steps
        _check_history(path, here, there, known, trust)
        check_generation(path, max(ours.header, theirs.header, key=lambda header: header.generation), options)
        if earlier:
            return MergeReport(merged=[], generation=ours.header.generation, earlier=True)
        merged = compare(here.snapshot.index, there.snapshot.index, partial(_same, here, there), overwrite=overwrite)
        base, other = (there, here) if there.draft.key_epoch > here.draft.key_epoch else (here, there)
        draft = combine(
            base.draft,
            other.draft,
            merged,
            base_is_here=base is here,
            payload=lambda entry: other.reader.record(other.keys, entry),
        )
        other.reader.close()
        generation = draft.generation + 1
        if not dry_run:
            generation = _write(path, draft, here, base, trust, options)
    return MergeReport(
        merged=merged,
        generation=generation,
        other_keys=base is there,
        other_slots={slot.slot_id for slot in ours.header.slots} != {slot.slot_id for slot in theirs.header.slots},
    )


def _unlock_other(reader: VaultReader, unlocked: Unlocked, sources: UnlockSources, options: VaultOptions) -> Unlocked:
    """Unlock the other state with our data key, the slot that opened ours, or its own sources."""
    if reader.is_signed_by(derive_keys(unlocked.data_key, reader.header.vault_id)):
        return unlocked
    with contextlib.suppress(WrongKeyError):
        return follow(unlocked, reader.header, reader.path)
    # A chosen slot is one of ours; and a KMS key opens what anybody made.
    return unlocking(reader, replace(options, slot=None)).unlock(replace(sources, external=None))


def _check_history(
    path: Place, here: _State, there: _State, known: Mapping[bytes, VaultState], trust: TrustStore
) -> None:
    """Accept a fork if the other file is, or was made from, the state last seen here."""
    header = here.snapshot.header
    seen = VaultState.of(path.identity, header, here.keys.fingerprint)
    try:
        check_history(seen, known, lambda: here.snapshot, trust.writer)
    except (ForkError, RollbackError, ForeignVaultError):
        before = known.get(header.vault_id)
        belongs = vault_at(known, seen.path)
        another = belongs is not None and belongs.vault_id != seen.vault_id
        if another or before is None or not there.draft.descent.includes(before.step):
            raise


def _same(here: _State, there: _State, ours: IndexEntry, theirs: IndexEntry) -> bool:
    if ours.digest == theirs.digest:
        return True
    if (ours.attributes, ours.expires) != (theirs.attributes, theirs.expires):
        return False
    return here.reader.record(here.keys, ours) == there.reader.record(there.keys, theirs)


def _write(path: Place, draft: Draft, here: _State, base: _State, trust: TrustStore, options: VaultOptions) -> int:
    with remembering(trust, timeout=options.lock_timeout) as memory:
        try:
            snapshot = path.write(
                draft, base=base.reader, over=here.reader, options=options, writer=writer_of(memory), tried=[]
            )
        except SupersededError:
            raise ConflictError(f"'{path}' was written meanwhile by a process that doesn't honor the lock") from None
        handle = Handle(
            place=path, options=options, trust=trust, unlocked=base.unlocked, keys=base.keys, snapshot=snapshot
        )
        return remembered(handle, memory).snapshot.header.generation
