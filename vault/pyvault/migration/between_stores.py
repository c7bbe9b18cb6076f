"""Move stored keys from one backend to another: copy, read back, compare, then delete.

One profile after another. What becomes of its key is decided before anything is
copied: an MFA device belongs to the key it stands beside, and never comes to
another one. The device is copied before the key, and the source deleted when both
copies are verified, so that an interruption leaves each of them in at least one
place, and a second run continues where the first one stopped.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from pyvault.errors import (
    ConflictError,
    InvalidNameError,
    ItemCorruptError,
    ItemNotFoundError,
    ItemTooLargeError,
    ProfileNotFoundError,
    UsageError,
)
from pyvault.migration.aws_vault_records import ForeignItemError
from pyvault.migration.items import Devices, Keys, StoredItems
from pyvault.names import ItemName, Kind, LaterKind
from pyvault.record import Record, replace
from pyvault.storage.fence import contract_errors
from pyvault.storage.unended_rotation import unended

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from pyvault.errors import PyvaultError
    from pyvault.storage.typed_store import CredentialStore

T = TypeVar("T")

#: Kinds that a person may miss when the source is thrown away, and that never move.
STAYING = (Kind.BRIDGE, Kind.PENDING)


class MigrationOutcome(StrEnum):
    """What was done with one key or device, or would be."""

    COPIED = "copied, verified"
    ALREADY = "already there, verified"
    SKIPPED = "skipped: the target has another key"
    STAYS = "stays behind: the target can't hold it"
    STAYS_WITH_KEY = "stays with its key"
    WOULD_COPY = "would be copied"
    FOREIGN = "passed over"
    FAILED = "failed"
    IS_THERE = "already there"
    WOULD_SKIP = "would be skipped: the target has another key"


#: After these the source may go.
VERIFIED = frozenset({MigrationOutcome.COPIED, MigrationOutcome.ALREADY})
#: A dry run says that it might then.
WOULD_BE_VERIFIED = frozenset({MigrationOutcome.WOULD_COPY, MigrationOutcome.IS_THERE})


class MigrationResult(Record):
    """What became of a profile's key, or of its MFA device.

    Attributes:
        kind: which of the two.
        deleted: from the source.
        problem: why it failed, or was passed over.
    """

    profile: str
    outcome: MigrationOutcome
    kind: Kind = Kind.CREDENTIAL
    deleted: bool = False
    problem: PyvaultError | None = None

    def __str__(self) -> str:
        if self.problem is not None:
            return f"{self.outcome}: {self.problem.message}"
        return f"{self.outcome}, deleted source" if self.deleted else str(self.outcome)


class MigrationOptions(Record):
    """How to move.

    Attributes:
        overwrite: replace another key in the target.
        delete_source: after the copy was read back and compared.
        dry_run: change nothing.
    """

    overwrite: bool = False
    delete_source: bool = False
    dry_run: bool = False


def names_in(store: CredentialStore) -> frozenset[ItemName]:
    """List a store; some take their time, so who has the list passes it on."""
    with contract_errors("list its items"):
        return frozenset(store.backend.names())


def select_profiles(here: Iterable[ItemName], requested: Iterable[str]) -> list[str]:
    """Return the profiles to move: those named, or all that have a key or an MFA device.

    Args:
        here: what the source has.
        requested: profiles; none for all.

    Raises:
        ProfileNotFoundError: a requested one is not there.
        UsageError: there is nothing at all.
    """
    stored = sorted({name.name for name in here if name.kind in {Kind.CREDENTIAL, Kind.TOTP}})
    names = list(requested)
    for name in names:
        if name not in stored:
            raise ProfileNotFoundError(f"no credentials are stored for profile '{name}' in the source")
    if not stored:
        raise UsageError("there are no credentials in the source")
    return list(dict.fromkeys(names)) or stored


def move(
    source: CredentialStore,
    target: CredentialStore,
    profiles: Iterable[str],
    options: MigrationOptions,
    *,
    here: frozenset[ItemName] | None = None,
) -> Iterator[MigrationResult]:
    """Move the profiles one by one; what is given is done with, a profile's device and its key at once.

    A damaged item stops its own profile only.

    Args:
        source, target: where from and where to.
        profiles: in this order.
        options: how.
        here: what the source has, for who has listed it already.

    Raises:
        ConflictError: what was copied reads back differently, its source stays;
            or a rotation of the profile has not ended.
        BackendError: a store failed; the source of that profile stays.
    """
    here, there = names_in(source) if here is None else here, names_in(target)
    for profile in profiles:
        for names, where in ((here, ""), (there, " in the target")):
            refuse_half_rotated(names, profile, where)
        try:
            yield from _move_profile(source, target, profile, here, options)
        except ForeignItemError as exc:
            yield MigrationResult(profile=profile, outcome=MigrationOutcome.FOREIGN, problem=exc)
        except ItemCorruptError as exc:
            yield MigrationResult(profile=profile, outcome=MigrationOutcome.FAILED, problem=exc)


def left_behind(here: Iterable[ItemName]) -> Counter[Kind | LaterKind]:
    """Count what a person may miss when the source is thrown away now; it was there before, and stays."""
    return Counter(name.kind for name in here if name.kind in STAYING or isinstance(name.kind, LaterKind))


def _move_profile(
    source: CredentialStore, target: CredentialStore, profile: str, here: Container[ItemName], options: MigrationOptions
) -> list[MigrationResult]:
    done: list[MigrationResult] = []
    key = None
    if ItemName(Kind.CREDENTIAL, profile) in here:
        key = ItemCopy(Keys(source), Keys(target), profile, options)
    if ItemName(Kind.TOTP, profile) in here:
        kept = key is not None and key.is_barred
        done.append(_with_key(profile) if kept else _copy_device(source, target, profile, options))
    if key is not None:
        done.append(key.copy())
    if not options.delete_source:
        return done
    return [_delete_source(source, result) if result.outcome in VERIFIED else result for result in done]


def _with_key(profile: str) -> MigrationResult:
    return MigrationResult(profile=profile, kind=Kind.TOTP, outcome=MigrationOutcome.STAYS_WITH_KEY)


def _copy_device(
    source: CredentialStore, target: CredentialStore, profile: str, options: MigrationOptions
) -> MigrationResult:
    try:
        return ItemCopy(Devices(source), Devices(target), profile, options).copy()
    except (InvalidNameError, ItemTooLargeError):  # a store of somebody else that knows keys only
        return MigrationResult(profile=profile, kind=Kind.TOTP, outcome=MigrationOutcome.STAYS)


def _delete_source(source: CredentialStore, result: MigrationResult) -> MigrationResult:
    items = Keys(source) if result.kind is Kind.CREDENTIAL else Devices(source)
    items.delete(result.profile)
    return replace(result, deleted=True)


class ItemCopy(Generic[T]):
    """Copies one item from store to store; what is at both ends is read first."""

    def __init__(self, source: StoredItems[T], target: StoredItems[T], profile: str, options: MigrationOptions) -> None:
        self._source, self._target, self._profile, self._options = source, target, profile, options
        self._item = source.get(profile)
        self._there = _find(target, profile)
        self._fits = self._there is not None and source.same(self._there, self._item)
        self.is_barred = self._there is not None and not self._fits and not options.overwrite

    def copy(self) -> MigrationResult:
        """Copy it and read it back, unless it is there already or another one is."""
        if self._options.dry_run:
            return self._did(
                MigrationOutcome.WOULD_SKIP
                if self.is_barred
                else MigrationOutcome.IS_THERE
                if self._fits
                else MigrationOutcome.WOULD_COPY
            )
        if self.is_barred:
            return self._did(MigrationOutcome.SKIPPED)
        if not self._fits:
            self._put()
        if not self._source.same(self._target.get(self._profile), self._item):
            raise ConflictError(f"the copy of '{self._profile}' reads back differently; its source was kept")
        return self._did(MigrationOutcome.ALREADY if self._fits else MigrationOutcome.COPIED)

    def _put(self) -> None:
        """Write it over what was looked at, where the store can tell: a shared one has other writers.

        Raises:
            ConflictError: somebody else was there in between.
        """
        with self._target.transaction():
            there, before = _find(self._target, self._profile), self._there
            if there is not before and (there is None or before is None or not self._target.same(there, before)):
                raise ConflictError(
                    f"'{self._profile}' was changed in the target meanwhile by somebody else; it was not written",
                    hint="look at it, and try again",
                )
            self._target.put(self._profile, self._item)

    def _did(self, outcome: MigrationOutcome) -> MigrationResult:
        return MigrationResult(profile=self._profile, kind=self._source.kind, outcome=outcome)


def refuse_half_rotated(names: Container[ItemName], profile: str, where: str) -> None:
    """Refuse a profile whose rotation has not ended: its journal and its key must stay together."""
    if ItemName(Kind.PENDING, profile) in names:
        raise unended(profile, where=where)


def _find(store: StoredItems[T], profile: str) -> T | None:
    try:
        return store.get(profile)
    except ItemNotFoundError:
        return None
