"""Write a draft to disk: all of it or nothing, and never over another process's write.

The caller holds the vault's lock and has verified the state that the draft is based
on. The lock alone is not trusted: on some network file systems locks don't work, so
the current file is compared once more just before the rename.

Source: docs/vault-format.md, section 8.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from pyvault.errors import ItemTooLargeError, VaultExistsError, VaultNotFoundError, WriteFailedError
from pyvault.files.atomic import PendingFile, remove_leftovers
from pyvault.record import replace
from pyvault.trace import trace
from pyvault.vaultfile.disk.backups import delete_backups, hint_at_backups, keep_backup
from pyvault.vaultfile.disk.vault_reader import Snapshot, VaultReader, read_header
from pyvault.vaultfile.format.descent import DESCENT, Step
from pyvault.vaultfile.format.header import ID_SIZE, MAC_SIZE, MAX_FILE_SIZE, MAX_GENERATION, MAX_INDEX_SIZE, Header
from pyvault.vaultfile.format.index import seal_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyvault.vaultfile.format.index import IndexEntry
    from pyvault.vaultfile.state.draft import Draft
    from pyvault.vaultfile.vault_options import VaultOptions


class SupersededError(Exception):
    """Another process wrote the file although we hold the lock; start again."""


def write_draft(
    path: Path,
    draft: Draft,
    *,
    base: VaultReader | None,
    check_in_place: Callable[[], None],
    options: VaultOptions,
    writer: bytes | None = None,
) -> Snapshot:
    """Write the next state of the vault at *path*, and return it.

    Args:
        path: of the vault.
        draft: what to write.
        base: the open file from which unchanged records are copied; closed
            before the rename, because Windows can't replace an open file. None
            for a new vault.
        check_in_place: raises if the current file isn't the one to replace.
        options: durable or not, and the checks of the file.
        writer: the id of the state directory that writes, if it has one.

    Raises:
        WriteFailedError: disk full, read-only, I/O error; nothing changed.
        TamperedError: a record to copy is damaged; nothing changed.
        ItemTooLargeError: the file would be over its limits.
        SupersededError: another process wrote the file, as *check_in_place* found.
    """
    remove_leftovers(path)
    header, index_box = assemble(draft, writer, listed=options.durable)
    signed = header.encode()
    with hint_at_backups(path), PendingFile(path, durable=options.durable) as pending:
        pending.write(signed + draft.keys.mac(signed) + index_box)
        for record in draft.records:
            pending.write(record.box if record.box is not None else copied(base, record.entry))
        pending.finish()
        snapshot = _read_back(pending.path, header, draft, options)
        if base is not None:
            base.close()
        if draft.follows_revocation():
            delete_backups(path)
        if options.durable and not draft.revokes:
            keep_backup(path)
        check_in_place()
        pending.commit()
    if draft.revokes:
        delete_backups(path)  # if this fails, or the process is killed before, the next write does it
    trace(__name__, "wrote '%s', generation %s", path, header.generation)
    return snapshot


def check_free(path: Path) -> None:
    """Refuse a path where something exists, even a dangling link.

    Raises:
        VaultExistsError: creating never overwrites.
    """
    if os.path.lexists(path):
        raise VaultExistsError(f"'{path}' already exists")


def check_unchanged(path: Path, header: Header, options: VaultOptions) -> None:
    """Check that the current file is still the one that was read.

    Raises:
        SupersededError: it isn't.
    """
    try:
        current = read_header(path, options.checks)
    except VaultNotFoundError:
        raise SupersededError from None
    if (current.generation, current.txid) != (header.generation, header.txid):
        raise SupersededError


def assemble(draft: Draft, writer: bytes | None, *, listed: bool) -> tuple[Header, bytes]:
    """Return the header and the sealed index of the state that a draft makes.

    Raises:
        ItemTooLargeError: the file would be over its limits.
        WriteFailedError: it has the highest generation already.
    """
    if draft.generation >= MAX_GENERATION:
        raise WriteFailedError("the vault has reached the highest generation that its format allows")
    blank = Header(
        vault_id=draft.vault_id,
        txid=secrets.token_bytes(ID_SIZE),
        generation=draft.generation + 1,
        key_epoch=draft.key_epoch,
        slots=draft.slots,
        index_size=0,
        records_size=draft.records_size(),
    )
    index = draft.index()
    if listed:  # no trust file knows session vaults, so they need no descent
        descent = draft.descent.extended(Step(blank.generation, blank.txid), writer)
        index = replace(index, meta={**index.meta, DESCENT: descent.as_json()})
    index_box = seal_index(draft.keys, blank, index)
    header = replace(blank, index_size=len(index_box))
    size = len(header.encode()) + MAC_SIZE + len(index_box) + header.records_size
    if len(index_box) > MAX_INDEX_SIZE or size > MAX_FILE_SIZE:
        raise ItemTooLargeError(f"the vault is full with {len(draft.records)} items")
    return header, index_box


def copied(base: VaultReader | None, entry: IndexEntry) -> bytes:
    """Return the sealed bytes of an unchanged record."""
    if base is None:
        raise ValueError("a new vault has no records to copy")
    return base.box(entry)


def _read_back(path: Path, header: Header, draft: Draft, options: VaultOptions) -> Snapshot:
    # If the disk or file system returns other bytes, the old file must still be there.
    with VaultReader(path, options.checks) as written:
        snapshot = written.snapshot(draft.keys)
    if snapshot.header != header:
        raise WriteFailedError(f"'{path}' can't be read back as it was written")
    return snapshot
