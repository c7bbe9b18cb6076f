"""How a handle on a vault that is there comes to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ConflictError, ForeignVaultError, RollbackError
from pyvault.trace import trace
from pyvault.vaultfile.handle import Handle, ancestry, settled_path, unlocking
from pyvault.vaultfile.keys import derive_keys
from pyvault.vaultfile.reader import VaultReader
from pyvault.vaultfile.trust import Sighting, Trust, judge

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.vaultfile.header import Header
    from pyvault.vaultfile.options import VaultOptions
    from pyvault.vaultfile.unlock import UnlockSources


def open_vault(path: Path, sources: UnlockSources, trust: Trust | None, options: VaultOptions) -> Handle:
    """Open a vault.

    The trust file is read first: a vault that is newer than its entry is then
    nothing unusual. The file is closed while a human is asked.

    Raises:
        VaultFileError: see the distinct errors of ``pyvault.errors``.
        InputRequiredError: no source of a key was given.
        UserCancelledError: the human declined.
    """
    path = settled_path(path)
    known = trust.sightings() if trust is not None else {}
    with VaultReader(path, options.checks) as locked:
        pass
    _check_expected(path, locked.header, options)
    unlocked = unlocking(locked, options).unlock(sources)
    keys = derive_keys(unlocked.data_key, locked.header.vault_id)
    with VaultReader(path, options.checks) as reader:
        if (reader.header.vault_id, reader.header.key_epoch) != (locked.header.vault_id, locked.header.key_epoch):
            raise ConflictError(f"'{path}' got a new data key while it was being opened", hint="open it again")
        reader.verify_header(keys)
        seen = Sighting.of(path, reader.header, keys.fingerprint)
        judge(seen, known, ancestry(reader, keys))
        _check_generation(path, reader.header, options)
        snapshot = reader.snapshot(keys)
    if trust is not None:
        trust.record(seen)
    trace(__name__, "opened '%s', generation %s, by slot %s", path, seen.generation, (unlocked.slot_id or b"").hex())
    return Handle(path=path, options=options, trust=trust, unlocked=unlocked, keys=keys, snapshot=snapshot)


def _check_expected(path: Path, header: Header, options: VaultOptions) -> None:
    # Before the unlocking: a passphrase is not tried on a vault that isn't the expected one.
    if options.expect_vault_id is not None and header.vault_id != options.expect_vault_id:
        raise ForeignVaultError(f"'{path}' is the vault {header.vault_id.hex()}, not the expected one")


def _check_generation(path: Path, header: Header, options: VaultOptions) -> None:
    if options.min_generation is not None and header.generation < options.min_generation:
        raise RollbackError(
            f"'{path}' is generation {header.generation}, older than the expected {options.min_generation}"
        )
