"""Changes of one entry that are made only while it is as it was when somebody read it.

The version of an entry comes from its sealed bytes, so it is the same wherever the file is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ConflictError, ItemNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.names import ItemName
    from pyvault.secret import Secret
    from pyvault.vaultfile.format.sealed_record import Keys
    from pyvault.vaultfile.state.draft import Change, Draft, DraftRecord
    from pyvault.vaultfile.state.transaction import Transaction


def put_if(
    transaction: Transaction | None,
    name: ItemName,
    data: Secret[bytes],
    version: str | None,
    *,
    modified: int,
    kept: Callable[[], Secret[bytes]],
) -> str:
    """Add a conditional change to a transaction, and return the version that the entry then has.

    Args:
        transaction: the one that is open.
        name: of the entry.
        data: what it shall hold.
        version: what it has to have now; None if there has to be none.
        modified: whole epoch seconds.
        kept: reads what it holds; what was carried out already is no conflict.

    Raises:
        ConflictError: it has another version, and other bytes.
        ItemNotFoundError: it is gone.
    """
    if transaction is None:
        raise ValueError("only in a transaction")
    if version == current_version(transaction.draft, name, expected=version):
        transaction.apply(only_while(name, data, version, modified=modified))
    elif kept() != data:
        raise _conflict(name, version)
    return transaction.draft.find(name).entry.version


def current_version(draft: Draft, name: ItemName, *, expected: str | None) -> str | None:
    """Return the version of an entry; None if there is none and none is expected.

    Raises:
        ItemNotFoundError: there is none, and one is expected.
    """
    try:
        return draft.find(name).entry.version
    except ItemNotFoundError:
        if expected is None:
            return None
        raise


def only_while(name: ItemName, data: Secret[bytes], version: str | None, *, modified: int) -> Change:
    """Return a change that is refused once the entry has another version.

    Where others wrote other entries meanwhile, it is applied again to the newer state. It seals once, so
    that the version which was told stays the entry's; a rekey in between is the exception.
    """
    sealed: list[tuple[Keys, DraftRecord]] = []

    def change(draft: Draft) -> Draft:
        if current_version(draft, name, expected=version) != version:
            raise _conflict(name, version)
        if sealed and sealed[0][0] == draft.keys:
            return draft.with_record(sealed[0][1])
        changed = draft.with_item(name, data, modified=modified, expires=None, attributes={})
        sealed[:] = [(draft.keys, changed.find(name))]
        return changed

    return change


def _conflict(name: ItemName, version: str | None) -> ConflictError:
    if version is None:
        return ConflictError(f"there is an item '{name}' already")
    return ConflictError(f"the item '{name}' was changed meanwhile")
