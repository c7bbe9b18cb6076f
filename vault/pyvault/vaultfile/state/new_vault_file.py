"""Creating a vault file: empty, or restored from a backup.

Apart from opening an existing one, which every command does and which needs nothing that writes.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from pyvault.errors import BackendError, ConflictError, ForeignVaultError, TamperedError
from pyvault.record import replace
from pyvault.vaultfile.disk.local_place import place_at
from pyvault.vaultfile.disk.vault_reader import VaultReader
from pyvault.vaultfile.disk.write import SupersededError
from pyvault.vaultfile.format.descent import Descent, Step
from pyvault.vaultfile.format.header import ID_SIZE
from pyvault.vaultfile.format.sealed_record import derive_keys, new_data_key
from pyvault.vaultfile.handle import Handle, external_of, unlocking
from pyvault.vaultfile.state.draft import Draft
from pyvault.vaultfile.state.expectations import check_external, check_id, check_key
from pyvault.vaultfile.state.places import vault_at
from pyvault.vaultfile.state.remembering import Memory, remembering, writer_of
from pyvault.vaultfile.state.vault_state import VaultState
from pyvault.vaultfile.unlock.key_sources import Unlocked
from pyvault.vaultfile.unlock.new_slot import PassphraseSlot, make_slot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyvault.vaultfile.disk.vault_reader import Snapshot
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.format.sealed_record import Keys
    from pyvault.vaultfile.place import Place, Source
    from pyvault.vaultfile.state.trust_store import TrustStore
    from pyvault.vaultfile.unlock.key_sources import UnlockSources
    from pyvault.vaultfile.unlock.new_slot import NewSlot
    from pyvault.vaultfile.vault_options import VaultOptions


def create_vault(
    path: Path | Place, new_slots: Sequence[NewSlot], trust: TrustStore | None, options: VaultOptions
) -> Handle:
    """Create an empty vault, and return its handle; the first slot counts as the one that opened it.

    Raises:
        VaultExistsError: something is already there; it is never overwritten.
        InsecurePermissionsError: others can write its directory.
        WriteFailedError: it can't be written.
    """
    place_at(path).prepare(options)
    place = place_at(path).settled(options.checks)
    place.check_free()
    with place.lock(options):
        place.check_free()  # before the slow key derivation, and before a store keeps a key
        vault_id = secrets.token_bytes(ID_SIZE)
        keys = derive_keys(new_data_key(), vault_id)
        made = [make_slot(new, vault_id, keys.data, options) for new in new_slots]
        draft = Draft(
            vault_id=vault_id,
            generation=0,
            key_epoch=1,
            keys=keys,
            meta={"created": int(options.clock().timestamp())},
            unknown={},
        )
        for new, (slot, _) in zip(new_slots, made, strict=True):
            draft = draft.with_slot(slot, new.label)
        with remembering(trust, timeout=options.lock_timeout) as memory:
            snapshot = place.write(draft, base=None, over=None, options=options, writer=writer_of(memory), tried=[])
            first, wrapping_key = made[0]
            opened = Unlocked(data_key=keys.data, slot_id=first.slot_id, wrapping_key=wrapping_key)
            handle = Handle(place=place, options=options, trust=trust, unlocked=opened, keys=keys, snapshot=snapshot)
            remembered(handle, memory)
    if isinstance(new_slots[0], PassphraseSlot) and new_slots[0].keep_data_key:
        new_slots[0].keep_data_key(snapshot.header, opened)
    return handle


def restore_vault(
    path: Path | Place, number: int, sources: UnlockSources, trust: TrustStore | None, options: VaultOptions
) -> Handle:
    """Write a backup's content as a new generation, and return its handle.

    The current file becomes the newest backup, whatever its state.

    Args:
        path: of the vault, not of the backup; it may be missing or damaged.
        number: as :func:`~pyvault.vaultfile.disk.backups.list_backups` numbers them.
        sources: open the backup, whose slots may be older.
        trust: remembers the new state, whatever it knew.
        options: as for opening.

    Raises:
        ItemNotFoundError: there is no such backup.
        ForeignVaultError: the backup belongs to another vault than the known or expected one.
        VaultFileError: the backup can't be opened; nothing changed.
    """
    place = place_at(path).settled(options.checks)
    backup = place.backup(number)
    with VaultReader(backup, options.checks) as locked:
        pass
    known = trust.known_states() if trust is not None else {}
    check_id(backup, locked.header, options)
    _check_same_vault(backup, locked.header, place, known, options)
    unlocked = unlocking(locked, options).unlock(sources)
    keys = derive_keys(unlocked.data_key, locked.header.vault_id)
    check_key(backup, keys, options)
    with place.lock(options), VaultReader(place.backup(number), options.checks) as base:
        if base.header != locked.header:
            raise ConflictError(f"the backups of '{place}' changed meanwhile", hint="list them and choose again")
        snapshot = base.snapshot(keys)
        before = None if trust is None else trust.known_states().get(snapshot.header.vault_id)
        external = external_of(unlocked, snapshot.header)
        seen = VaultState.of(place.identity, snapshot.header, keys.fingerprint, external=external)
        if external is not None:
            check_external(backup, seen, before, options)
        _check_same_key(backup, seen, before, snapshot)
        current, tip = _find_current(place, snapshot.header.vault_id, keys, options)
        draft = Draft.of(snapshot, keys)
        draft = replace(
            draft,
            generation=_highest_generation(snapshot.header, current, keys, before),
            descent=draft.descent.restored_over(tip or _seen_here(before)),
        )
        with remembering(trust, timeout=options.lock_timeout) as memory:
            try:
                written = place.write(
                    draft,
                    base=base,
                    over=current,
                    options=options,
                    writer=writer_of(memory),
                    tried=[],
                    restoring=True,
                )
            except SupersededError:
                raise ConflictError(
                    f"'{place}' was written meanwhile by a process that doesn't honor the lock"
                ) from None
            handle = Handle(place=place, options=options, trust=trust, unlocked=unlocked, keys=keys, snapshot=written)
            return remembered(handle, memory)


def remembered(handle: Handle, memory: Memory | None) -> Handle:
    """Return *handle* after its state, which the user has just written, is remembered."""
    handle.last_write = None if writer_of(memory) is None else handle.state.step
    if memory is not None:
        memory.record(handle.state, accepted=True)
    return handle


def _check_same_vault(
    backup: Source, header: Header, path: Place, known: Mapping[bytes, VaultState], options: VaultOptions
) -> None:
    # Anyone who can write here can put another vault next to ours and call it a backup.
    before = vault_at(known, path.identity)
    if before is not None:
        vault_id = before.vault_id
    else:  # nothing is known, so the current file decides, if it can be read
        current = _find_in_place(path, options)
        vault_id = header.vault_id if current is None else current.header.vault_id
    if header.vault_id != vault_id:
        raise ForeignVaultError(
            f"'{backup}' is a backup of the vault {header.vault_id.hex()}, but '{path}' is the vault {vault_id.hex()}",
            hint=f"to restore that vault, move '{path}' away, run pyvault vault forget, and restore again",
        )


def _check_same_key(backup: Source, seen: VaultState, before: VaultState | None, snapshot: Snapshot) -> None:
    if before is None or seen.fingerprint == before.fingerprint:
        return
    if seen.epoch > before.epoch and before.fingerprint in snapshot.index.previous_fingerprints():
        return  # rekeyed elsewhere
    raise ForeignVaultError(
        f"'{backup}' has a different data key than the vault known here",
        hint="it may be from before a rekey; 'pyvault vault forget' forgets the known vault",
    )


def _find_in_place(path: Place, options: VaultOptions) -> VaultReader | None:
    # The vault to restore may be damaged or missing, so neither is an error.
    try:
        with VaultReader(path, options.checks) as reader:
            return reader
    except BackendError:
        return None


def _find_current(
    path: Place, vault_id: bytes, keys: Keys, options: VaultOptions
) -> tuple[VaultReader | None, Descent | None]:
    # The vault to restore may be damaged or missing, so neither is an error.
    descent = None
    try:
        with VaultReader(path, options.checks) as current:
            if current.header.vault_id == vault_id and current.is_signed_by(keys):
                with contextlib.suppress(TamperedError):
                    descent = Descent.of(current.header, current.snapshot(keys).index.meta)
            return current, descent
    except BackendError:
        return None, None


def _seen_here(known: VaultState | None) -> Descent:
    """Return the descent of a state that can't be read: no more is known than what was seen of it here."""
    if known is None:
        return Descent()
    return Descent(steps=(Step(*known.step),), floor=known.generation - 1, writers_floor=known.generation)


def _highest_generation(header: Header, current: VaultReader | None, keys: Keys, known: VaultState | None) -> int:
    generations = [header.generation]
    # An unverified number could be the highest that the format allows.
    if current is not None and current.header.vault_id == header.vault_id and current.is_signed_by(keys):
        generations.append(current.header.generation)
    if known is not None:
        generations.append(known.generation)
    return max(generations)
