"""Whether a state of a vault may follow the one that was last seen: pure decisions.

A state may follow if it was made from the one seen. If the vault lists what it was
made from (:mod:`pyvault.vaultfile.format.descent`), that is proof; if the list doesn't
reach that far, our last write must be in it, and a higher generation is accepted.

Source: docs/vault-format.md, section 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ForeignVaultError, ForkError, RollbackError
from pyvault.record import replace
from pyvault.vaultfile.format.descent import Descent
from pyvault.vaultfile.state.vault_state import ACCEPT_HINT

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.vaultfile.disk.vault_reader import Snapshot
    from pyvault.vaultfile.state.vault_state import VaultState

MERGE_HINT = (
    "'pyvault vault import FILE' merges the other one, which a file synchroniser may have kept; "
    "'pyvault vault accept' goes on with this one alone"
)


def check_succession(
    seen: VaultState, before: VaultState, snapshot: Callable[[], Snapshot], writer: Callable[[], bytes | None]
) -> VaultState:
    """Return what to remember of a state if it may follow another.

    Args:
        seen: from the verified header.
        before: the last one seen of the same vault.
        snapshot: opens the index; called only if the header doesn't decide.
        writer: the id of this state directory, if it has one.

    Raises:
        RollbackError: it is older.
        ForkError: it was not made from the one seen.
        ForeignVaultError: its data key is no successor of the one known.
    """
    _check_header(seen, before)
    state = snapshot()
    if seen.fingerprint != before.fingerprint and before.fingerprint not in state.index.previous_fingerprints():
        raise _foreign(seen)
    if seen.generation <= before.generation:
        raise _fork(seen, before)
    return check_descent(seen, before, Descent.of(state.header, state.index.meta), writer)


def check_descent(
    seen: VaultState, before: VaultState, descent: Descent, writer: Callable[[], bytes | None]
) -> VaultState:
    """Return what to remember of a state of a higher generation, judged by its descent.

    Raises:
        ForkError: it was not made from the one seen.
    """
    known = descent.includes(before.step)
    if known:
        return seen
    if known is None and not _lacks_last_write(before, descent, writer):
        return replace(seen, unproven=before.generation)
    raise _fork(seen, before)


def _check_header(seen: VaultState, before: VaultState) -> None:
    if seen.epoch == before.epoch and seen.fingerprint != before.fingerprint:
        raise _foreign(seen)
    if seen.epoch <= before.epoch and seen.generation < before.generation:
        raise RollbackError(
            f"'{seen.path}' is generation {seen.generation}, "
            f"older than generation {before.generation} seen here before",
            hint=ACCEPT_HINT,
        )
    if seen.fingerprint == before.fingerprint:
        if seen.generation == before.generation:
            raise ForkError(
                f"'{seen.path}' and the vault last seen here are both generation {seen.generation}, but differ",
                hint=MERGE_HINT,
            )
    elif seen.epoch < before.epoch:  # a rekey here, and independent writes elsewhere
        raise _fork(seen, before)


def _lacks_last_write(before: VaultState, descent: Descent, writer: Callable[[], bytes | None]) -> bool:
    if before.last_write is None:
        return False
    who = writer()
    return who is not None and descent.lacks_write(who, before.last_write)


def _foreign(seen: VaultState) -> ForeignVaultError:
    return ForeignVaultError(f"'{seen.path}' has a different data key than the vault known here", hint=ACCEPT_HINT)


def _fork(seen: VaultState, before: VaultState) -> ForkError:
    return ForkError(
        f"'{seen.path}' is generation {seen.generation}, but was not made from generation {before.generation} "
        "last seen here: the vault was changed independently in two places",
        hint=MERGE_HINT,
    )
