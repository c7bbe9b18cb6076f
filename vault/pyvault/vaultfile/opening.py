"""How a handle on a vault that is there comes to be."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from pyvault.errors import ConflictError, VaultNotFoundError
from pyvault.files.checks import check_way
from pyvault.trace import trace
from pyvault.vaultfile.handle import Handle, admit, settled_path, unlocking
from pyvault.vaultfile.keys import derive_keys
from pyvault.vaultfile.reader import VaultReader
from pyvault.vaultfile.sighting import Sighting

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.vaultfile.options import VaultOptions
    from pyvault.vaultfile.trust import Trust
    from pyvault.vaultfile.unlock import UnlockSources


def open_vault(path: Path, sources: UnlockSources, trust: Trust | None, options: VaultOptions) -> Handle:
    """Open a vault.

    The trust file is read first: a vault that is newer than its entry is then
    nothing unusual. The file is closed while a human is asked.

    Raises:
        VaultGoneError: it is not there, and should be.
        VaultFileError: see the distinct errors of ``pyvault.errors``.
        InputRequiredError: no source of a key was given.
        UserCancelledError: the human declined.
    """
    check_way(path, options.checks)
    path = settled_path(path)
    known = trust.sightings() if trust is not None else {}
    try:
        with VaultReader(path, options.checks) as locked:
            pass
    except VaultNotFoundError:
        from pyvault.vaultfile.lost import refuse_lost

        refuse_lost(path, known, options)
        raise
    if options.expects_a_vault:
        from pyvault.vaultfile.expectations import check_id

        check_id(path, locked.header, options)
    unlocked = unlocking(locked, options).unlock(sources)
    keys = derive_keys(unlocked.data_key, locked.header.vault_id)
    with VaultReader(path, options.checks) as reader:
        if (reader.header.vault_id, reader.header.key_epoch) != (locked.header.vault_id, locked.header.key_epoch):
            raise ConflictError(f"'{path}' got a new data key while it was being opened", hint="open it again")
        reader.verify_header(keys)
        if options.expects_a_vault:
            from pyvault.vaultfile.expectations import check_generation, check_key

            check_key(path, keys, options)
            check_generation(path, reader.header, options)
        before = known.get(reader.header.vault_id)
        own = None if before is None else before.own
        opened = cache(partial(reader.snapshot, keys))
        seen = Sighting.of(path, reader.header, keys.fingerprint, own=own)
        seen = admit(seen, known, opened, trust)
        snapshot = opened()
    if trust is not None and (before is None or before.step != seen.step or seen.path not in before.places):
        trust.record(seen)  # takes a lock, so not for what is known
    trace(__name__, "opened '%s', generation %s, by slot %s", path, seen.generation, (unlocked.slot_id or b"").hex())
    return Handle(path=path, options=options, trust=trust, unlocked=unlocked, keys=keys, snapshot=snapshot, own=own)
