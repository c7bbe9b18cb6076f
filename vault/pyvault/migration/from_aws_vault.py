"""Take the keys out of one of aws-vault's stores, entry by entry, and lose none without a word.

What is wrong with one entry stops that entry only. What is wrong with a store
(locked, gone, no answer) stops the rest of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import (
    BackendError,
    BackendLockedError,
    BackendTimeoutError,
    BackendUnavailableError,
    ConflictError,
    InputRequiredError,
    InvalidNameError,
    ItemCorruptError,
    ItemTooLargeError,
    PyvaultError,
    VaultFileError,
    WrongKeyError,
)
from pyvault.migration.aws_vault_records import ForeignItemError
from pyvault.migration.between_stores import ItemCopy, MigrationOutcome, MigrationResult, refuse_half_rotated
from pyvault.migration.items import Keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyvault.migration.between_stores import MigrationOptions
    from pyvault.model import StoredCredentials
    from pyvault.storage.typed_store import CredentialStore

#: After these the store itself has to be looked after.
OF_THE_STORE = (BackendLockedError, BackendTimeoutError, BackendUnavailableError, InputRequiredError)


class SourceError(Exception):
    """One of aws-vault's stores fails, and not the one where the keys go; never leaves the command.

    Attributes:
        problem: what to tell.
    """

    def __init__(self, problem: PyvaultError) -> None:
        super().__init__()
        self.problem = problem


class _EntryError(Exception):
    """One entry can't be read; never leaves this module."""

    def __init__(self, problem: BackendError) -> None:
        super().__init__()
        self.problem = problem


class _Entries(Keys):
    """The source's keys: an entry that can't be read is told from a target that fails."""

    def get(self, profile: str) -> StoredCredentials:
        try:
            return super().get(profile)
        except WrongKeyError as exc:  # each file may have a passphrase of its own
            raise _EntryError(exc) from None
        except OF_THE_STORE as exc:
            raise SourceError(exc) from None
        except BackendError as exc:
            raise _EntryError(exc) from None


def take_over(
    source: CredentialStore, target: CredentialStore, profiles: Iterable[str], options: MigrationOptions
) -> Iterator[MigrationResult]:
    """Copy the keys of these profiles one by one; each is answered for.

    Args:
        source: of aws-vault.
        target: where they go.
        profiles: that the source has, in this order.
        options: how.

    Raises:
        SourceError: aws-vault's store is locked or gone, or no entry of it could be
            opened at all, so the passphrase is wrong. What was copied stays.
        BackendError: the target failed; what was copied stays.
    """
    from pyvault.migration.between_stores import names_in

    there = names_in(target)
    unopened: WrongKeyError | None = None
    opened = False
    for profile in profiles:
        try:
            refuse_half_rotated(there, profile, "")
            result = ItemCopy(_Entries(source), Keys(target), profile, options).copy()
            opened = True
        except _EntryError as exc:
            problem = exc.problem
            result = _failed(profile, problem)
            if isinstance(problem, WrongKeyError):
                unopened = unopened or problem
            else:
                opened = True
        except VaultFileError:  # the target itself is damaged
            raise
        except (ConflictError, InvalidNameError, ItemCorruptError, ItemTooLargeError) as exc:
            result = _failed(profile, exc)
        yield result
    if unopened is not None and not opened:
        raise SourceError(unopened)


def _failed(profile: str, problem: PyvaultError) -> MigrationResult:
    outcome = MigrationOutcome.FOREIGN if isinstance(problem, ForeignItemError) else MigrationOutcome.FAILED
    return MigrationResult(profile=profile, outcome=outcome, problem=problem)
