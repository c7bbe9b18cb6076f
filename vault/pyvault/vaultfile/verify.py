"""Reading all of a vault, to find out what is damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import TamperedError

if TYPE_CHECKING:
    from pyvault.vaultfile.disk.vault_reader import VaultReader
    from pyvault.vaultfile.format.index import IndexEntry
    from pyvault.vaultfile.handle import Handle


def verify(handle: Handle) -> int:
    """Verify the header, open the index and every record; gives the number of records.

    Raises:
        TamperedError: something is damaged; the message names every damaged record.
    """
    with handle.reading() as reader:
        entries = reader.snapshot(handle.keys).index.entries
        damaged = [str(entry.name) for entry in entries if _is_damaged(reader, handle, entry)]
    if damaged:
        named = ", ".join(f"'{name}'" for name in damaged)
        raise TamperedError(f"'{handle.path}' has {len(damaged)} modified or damaged records: {named}")
    return len(entries)


def _is_damaged(reader: VaultReader, handle: Handle, entry: IndexEntry) -> bool:
    try:
        reader.record(handle.keys, entry)
    except TamperedError:
        return True
    return False
