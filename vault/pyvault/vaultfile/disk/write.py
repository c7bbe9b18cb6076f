"""Bring a draft to the disk: all of it or nothing, and over nobody else's write.

The caller holds the vault's lock and has verified the state the draft is based
on. The lock alone is not trusted: on some network file systems it does not
lock, so the file in place is compared once more just before the rename.

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
from pyvault.vaultfile.disk.backups import delete_backups, keep_backup, telling_of_room
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
    """Another writer came through although we hold the lock; start again."""


def write_draft(
    path: Path,
    draft: Draft,
    *,
    base: VaultReader | None,
    check_in_place: Callable[[], None],
    options: VaultOptions,
    writer: bytes | None = None,
) -> Snapshot:
    """Write the next state of the vault at *path* and give it.

    Args:
        path: where the vault is or shall be.
        draft: what to write.
        base: the open file that unchanged records are copied from; closed
            before the rename, because Windows replaces no open file. None for
            a new vault.
        check_in_place: raises if what is in place isn't what shall be replaced.
        options: durable or not, and who may own the file.
        writer: the id of the state directory that writes, if it has one.

    Raises:
        WriteFailedError: disk full, read-only, I/O error; nothing changed.
        TamperedError: a record to copy is damaged; nothing changed.
        ItemTooLargeError: the file would be over its limits.
        SupersededError: another writer came through, says the last look.
    """
    remove_leftovers(path)
    header, index_box = _assemble(draft, writer, listed=options.durable)
    signed = header.encode()
    with telling_of_room(path), PendingFile(path, durable=options.durable) as pending:
        pending.write(signed + draft.keys.mac(signed) + index_box)
        for record in draft.records:
            pending.write(record.box if record.box is not None else _copied(base, record.entry))
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
        delete_backups(path)  # should it fail, or the process be killed before, the next write does it
    trace(__name__, "wrote '%s', generation %s", path, header.generation)
    return snapshot


def check_free(path: Path) -> None:
    """Refuse a place where something is, a dangling link included.

    Raises:
        VaultExistsError: creating never overwrites.
    """
    if os.path.lexists(path):
        raise VaultExistsError(f"'{path}' exists already")


def check_unchanged(path: Path, header: Header, options: VaultOptions) -> None:
    """Check that the file in place is still the one that was read.

    Raises:
        SupersededError: it isn't.
    """
    try:
        there = read_header(path, options.checks)
    except VaultNotFoundError:
        raise SupersededError from None
    if (there.generation, there.txid) != (header.generation, header.txid):
        raise SupersededError


def _assemble(draft: Draft, writer: bytes | None, *, listed: bool) -> tuple[Header, bytes]:
    if draft.generation >= MAX_GENERATION:
        raise WriteFailedError("the vault has been written as often as its format can count")
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
    if listed:  # nobody remembers a session vault, so it need not say where it comes from
        descent = draft.descent.then(Step(blank.generation, blank.txid), writer)
        index = replace(index, meta={**index.meta, DESCENT: descent.as_json()})
    index_box = seal_index(draft.keys, blank, index)
    header = replace(blank, index_size=len(index_box))
    size = len(header.encode()) + MAC_SIZE + len(index_box) + header.records_size
    if len(index_box) > MAX_INDEX_SIZE or size > MAX_FILE_SIZE:
        raise ItemTooLargeError(f"the vault is full with {len(draft.records)} items")
    return header, index_box


def _copied(base: VaultReader | None, entry: IndexEntry) -> bytes:
    if base is None:
        raise ValueError("a new vault has nothing to copy from")
    return base.box(entry)


def _read_back(path: Path, header: Header, draft: Draft, options: VaultOptions) -> Snapshot:
    # A disk or file system that gives back other bytes must not cost the old file.
    with VaultReader(path, options.checks) as written:
        snapshot = written.snapshot(draft.keys)
    if snapshot.header != header:
        raise WriteFailedError(f"'{path}' is not what was written")
    return snapshot
