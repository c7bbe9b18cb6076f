"""Move stored keys from one backend to another: copy, read back, compare, then delete.

One profile after another, so that an interruption leaves each of them in at
least one place, and a second run goes on where the first one stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pyvault.errors import ConflictError, ItemNotFoundError, ProfileNotFoundError, UsageError
from pyvault.names import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyvault.model import StoredCredentials
    from pyvault.storage.store import CredentialStore


class Deed(StrEnum):
    """What was done with one profile, or would be."""

    COPIED = "copied, verified"
    ALREADY = "already there, verified"
    SKIPPED = "skipped: the target has another key"
    WOULD_COPY = "would be copied"
    WOULD_SKIP = "would be skipped: the target has another key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One profile's outcome.

    Attributes:
        deleted: from the source.
    """

    profile: str
    deed: Deed
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
    """Give the profiles to move: those wanted, or all.

    Raises:
        ProfileNotFoundError: one that is wanted is not there.
        UsageError: there is nothing at all.
    """
    stored = source.profiles()
    names = list(wanted)
    for name in names:
        if name not in stored:
            raise ProfileNotFoundError(f"no credentials are stored for profile '{name}' in the source")
    if not stored:
        raise UsageError("there are no credentials in the source")
    return names or [str(name) for name in stored]


def move(source: CredentialStore, target: CredentialStore, profiles: Iterable[str], terms: Terms) -> Iterator[Moved]:
    """Move the profiles one by one; each is done when it is given.

    Raises:
        ConflictError: what was copied reads back differently; its source stays.
        BackendError: a store failed; the source of that profile stays.
    """
    for profile in profiles:
        yield _move(source, target, profile, terms)


def _move(source: CredentialStore, target: CredentialStore, profile: str, terms: Terms) -> Moved:
    _refuse_half_rotated(source, profile)
    deed = Deed.ALREADY
    credentials = source.get(profile)
    there = _find(target, profile)
    if there is not None and not _same(there, credentials) and not terms.overwrite:
        return Moved(profile=profile, deed=Deed.WOULD_SKIP if terms.dry_run else Deed.SKIPPED)
    if terms.dry_run:
        return Moved(profile=profile, deed=Deed.WOULD_COPY)
    if there is None or not _same(there, credentials):
        deed = Deed.COPIED
        target.put(profile, credentials)
    if not _same(target.get(profile), credentials):
        raise ConflictError(f"the copy of '{profile}' reads back differently; its source was kept")
    if terms.delete_source:
        source.delete(profile)
    return Moved(profile=profile, deed=deed, deleted=terms.delete_source)


def _refuse_half_rotated(source: CredentialStore, profile: str) -> None:
    """Refuse a profile whose rotation has not ended: its journal and its key must stay together."""
    if profile in source.profiles(kind=Kind.PENDING):
        raise ConflictError(
            f"a rotation of '{profile}' has not ended",
            hint=f"'pyvault rotate --resume {profile}' finishes it, --abort gives it up",
        )


def _find(store: CredentialStore, profile: str) -> StoredCredentials | None:
    try:
        return store.get(profile)
    except ItemNotFoundError:
        return None


def _same(one: StoredCredentials, other: StoredCredentials) -> bool:
    # The date is ours and may be missing; the key is what counts.
    return (one.access_key_id, one.secret_access_key) == (other.access_key_id, other.secret_access_key)
