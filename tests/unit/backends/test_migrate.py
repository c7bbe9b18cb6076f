"""Moving keys: copied, read back, compared, and only then deleted."""

from __future__ import annotations

import pytest

from pyvault.errors import AccessDeniedError, ConflictError, ItemNotFoundError, ProfileNotFoundError, UsageError
from pyvault.model import StoredCredentials
from pyvault.moving.migrate import Deed, Terms, move, select_profiles
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.storage.store import CredentialStore
from pyvault_backends.memory import MemoryBackend


def pair(number: int) -> StoredCredentials:
    return StoredCredentials(access_key_id=f"AKIA{number}", secret_access_key=Secret(f"secret {number}"))


class Forgetful(MemoryBackend):
    """Gives an earlier value back."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        super().put(name, Secret(data.reveal().replace(b"secret", b"s3cret")))


class Full(MemoryBackend):
    """Takes one item."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        if self.names():
            raise AccessDeniedError("full")
        super().put(name, data)


@pytest.fixture
def source() -> CredentialStore:
    store = CredentialStore(MemoryBackend())
    for number, name in enumerate(("a", "b", "c")):
        store.put(name, pair(number))
    return store


def test_all_profiles_move(source: CredentialStore) -> None:
    target = CredentialStore(MemoryBackend())
    done = list(move(source, target, select_profiles(source, ()), Terms(delete_source=True)))
    assert [str(moved) for moved in done] == ["copied, verified, deleted source"] * 3
    assert source.backend.names() == []
    assert target.get("b") == pair(1)


def test_a_half_rotated_profile_stays_whole(source: CredentialStore) -> None:
    source.backend.put(ItemName(Kind.PENDING, "a"), Secret(b'{"v": 1, "stage": "intent"}'))
    target = CredentialStore(MemoryBackend())
    with pytest.raises(ConflictError, match="a rotation of 'a' has not ended"):
        list(move(source, target, ["a"], Terms(delete_source=True)))
    assert (source.profiles(), target.profiles()) == (["a", "b", "c"], [])


def test_a_copy_that_reads_back_differently_keeps_its_source(source: CredentialStore) -> None:
    with pytest.raises(ConflictError, match="'a'"):
        list(move(source, CredentialStore(Forgetful()), ["a", "b"], Terms(delete_source=True)))
    assert source.profiles() == ["a", "b", "c"]


def test_a_failure_in_the_middle_is_gone_on_with(source: CredentialStore) -> None:
    target = CredentialStore(Full())
    with pytest.raises(AccessDeniedError):
        list(move(source, target, ["a", "b", "c"], Terms(delete_source=True)))
    assert (source.profiles(), target.profiles()) == (["b", "c"], ["a"])


def test_another_key_is_replaced_only_if_that_is_wanted(source: CredentialStore) -> None:
    target = CredentialStore(MemoryBackend())
    target.put("a", pair(7))
    (skipped,) = move(source, target, ["a"], Terms(delete_source=True))
    assert (skipped.deed, skipped.deleted) == (Deed.SKIPPED, False)
    assert (source.get("a"), target.get("a")) == (pair(0), pair(7))
    (copied,) = move(source, target, ["a"], Terms(overwrite=True))
    assert (copied.deed, target.get("a")) == (Deed.COPIED, pair(0))


def test_a_dry_run_changes_nothing(source: CredentialStore) -> None:
    target = CredentialStore(MemoryBackend())
    target.put("a", pair(7))
    deeds = [moved.deed for moved in move(source, target, ["a", "b"], Terms(dry_run=True, delete_source=True))]
    assert deeds == [Deed.WOULD_SKIP, Deed.WOULD_COPY]
    assert (source.profiles(), target.profiles()) == (["a", "b", "c"], ["a"])


def test_what_is_not_there_is_said(source: CredentialStore) -> None:
    with pytest.raises(ProfileNotFoundError):
        select_profiles(source, ["none"])
    with pytest.raises(UsageError):
        select_profiles(CredentialStore(MemoryBackend()), ())
    with pytest.raises(ItemNotFoundError):
        source.get("none")
