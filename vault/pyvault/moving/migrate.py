"""Move stored keys from one backend to another: copy, read back, compare, then delete.

One profile after another, and its MFA device before its key, so that an
interruption leaves each of them in at least one place, and a second run goes on
where the first one stopped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from pyvault.errors import (
    ConflictError,
    InvalidNameError,
    ItemNotFoundError,
    ItemTooLargeError,
    ProfileNotFoundError,
    UsageError,
)
from pyvault.moving.belongings import Belongings, Devices, Keys
from pyvault.names import ItemName, Kind
from pyvault.storage.guard import contract_errors

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from pyvault.storage.store import CredentialStore

T = TypeVar("T")

#: Kinds that a person may miss when the source is thrown away, and that never move.
STAYING = (Kind.BRIDGE, Kind.PENDING)


class Deed(StrEnum):
    """What was done with one key or device, or would be."""

    COPIED = "copied, verified"
    ALREADY = "already there, verified"
    SKIPPED = "skipped: the target has another key"
    STAYS = "stays behind: the target can't hold it"
    WOULD_COPY = "would be copied"
    WOULD_SKIP = "would be skipped: the target has another key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What became of a profile's key, or of its MFA device.

    Attributes:
        kind: which of the two.
        deleted: from the source.
    """

    profile: str
    deed: Deed
    kind: Kind = Kind.CREDENTIAL
    deleted: bool = False

    def __str__(self) -> str:
        return f"{self.deed}, deleted source" if self.deleted else str(self.deed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How to move.

    Attributes:
        overwrite: replace another key in the target.
        delete_source: after the copy was read back and compared.
        dry_run: change nothing.
    """

    overwrite: bool = False
    delete_source: bool = False
    dry_run: bool = False


def select_profiles(source: CredentialStore, wanted: Iterable[str]) -> list[str]:
    """Give the profiles to move: those wanted, or all that have a key or an MFA device.

    Raises:
        ProfileNotFoundError: one that is wanted is not there.
        UsageError: there is nothing at all.
    """
    stored = sorted({name.name for name in _names(source) if name.kind in {Kind.CREDENTIAL, Kind.TOTP}})
    names = list(wanted)
    for name in names:
        if name not in stored:
            raise ProfileNotFoundError(f"no credentials are stored for profile '{name}' in the source")
    if not stored:
        raise UsageError("there are no credentials in the source")
    return names or stored


def move(source: CredentialStore, target: CredentialStore, profiles: Iterable[str], terms: Terms) -> Iterator[Moved]:
    """Move the profiles one by one; each key and device is done when it is given.

    Raises:
        ConflictError: what was copied reads back differently, its source stays;
            or a rotation of the profile has not ended.
        BackendError: a store failed; the source of that profile stays.
    """
    here, there = _names(source), _names(target)
    for profile in profiles:
        for names, where in ((here, ""), (there, " in the target")):
            _refuse_half_rotated(names, profile, where)
        if ItemName(Kind.TOTP, profile) in here:
            yield _move_device(source, target, profile, terms)
        if ItemName(Kind.CREDENTIAL, profile) in here:
            yield _move(Keys(source), Keys(target), profile, terms)


def left_behind(source: CredentialStore) -> Counter[Kind]:
    """Count what a person may miss when the source is thrown away now."""
    return Counter(name.kind for name in _names(source) if name.kind in STAYING)


def _names(store: CredentialStore) -> set[ItemName]:
    with contract_errors("list its items"):
        return set(store.backend.names())


def _move_device(source: CredentialStore, target: CredentialStore, profile: str, terms: Terms) -> Moved:
    try:
        return _move(Devices(source), Devices(target), profile, terms)
    except (InvalidNameError, ItemTooLargeError):  # a store of somebody else that knows keys only
        return Moved(profile=profile, kind=Kind.TOTP, deed=Deed.STAYS)


def _move(source: Belongings[T], target: Belongings[T], profile: str, terms: Terms) -> Moved:
    item = source.get(profile)
    there = _find(target, profile)
    fits = there is not None and source.same(there, item)
    if there is not None and not fits and not terms.overwrite:
        return Moved(profile=profile, kind=source.kind, deed=Deed.WOULD_SKIP if terms.dry_run else Deed.SKIPPED)
    if terms.dry_run:
        return Moved(profile=profile, kind=source.kind, deed=Deed.WOULD_COPY)
    if not fits:
        target.put(profile, item)
    if not source.same(target.get(profile), item):
        raise ConflictError(f"the copy of '{profile}' reads back differently; its source was kept")
    if terms.delete_source:
        source.delete(profile)
    deed = Deed.ALREADY if fits else Deed.COPIED
    return Moved(profile=profile, kind=source.kind, deed=deed, deleted=terms.delete_source)


def _refuse_half_rotated(names: Container[ItemName], profile: str, where: str) -> None:
    """Refuse a profile whose rotation has not ended: its journal and its key must stay together."""
    if ItemName(Kind.PENDING, profile) in names:
        raise ConflictError(
            f"a rotation of '{profile}' has not ended{where}",
            hint=f"'pyvault rotate --resume {profile}' finishes it, --abort gives it up",
        )


def _find(store: Belongings[T], profile: str) -> T | None:
    try:
        return store.get(profile)
    except ItemNotFoundError:
        return None
