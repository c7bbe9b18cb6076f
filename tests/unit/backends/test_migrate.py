"""Moving keys: copied, read back, compared, and only then deleted."""

from __future__ import annotations

import pytest

from pyvault.errors import (
    AccessDeniedError,
    ConflictError,
    InvalidNameError,
    ItemNotFoundError,
    ProfileNotFoundError,
    UsageError,
)
from pyvault.mfa.stored_totp import StoredTotp
from pyvault.mfa.totp import parse_totp
from pyvault.migration.between_stores import (
    MigrationOptions,
    MigrationOutcome,
    left_behind,
    move,
    names_in,
    select_profiles,
)
from pyvault.model import StoredCredentials
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.storage.typed_store import CredentialStore
from pyvault_backends.memory import MemoryBackend


def pair(number: int) -> StoredCredentials:
    return StoredCredentials(access_key_id=f"AKIA{number}", secret_access_key=Secret(f"secret {number}"))


SERIAL = "arn:aws:iam::123456789012:mfa/me"
DEVICE = parse_totp(Secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), serial=SERIAL)
OTHER_DEVICE = parse_totp(Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), serial=SERIAL)


class Forgetful(MemoryBackend):
    """Gives an earlier value back."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        super().put(name, Secret(data.reveal().replace(b"secret", b"s3cret").replace(b"JBSW", b"WBSJ")))


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
    done = list(move(source, target, select_profiles(names_in(source), ()), MigrationOptions(delete_source=True)))
    assert [str(moved) for moved in done] == ["copied, verified, deleted source"] * 3
    assert source.backend.names() == []
    assert target.get("b") == pair(1)


def test_a_half_rotated_profile_stays_whole(source: CredentialStore) -> None:
    source.backend.put(ItemName(Kind.PENDING, "a"), Secret(b'{"v": 1, "stage": "intent"}'))
    target = CredentialStore(MemoryBackend())
    with pytest.raises(ConflictError, match="a rotation of 'a' has not ended"):
        list(move(source, target, ["a"], MigrationOptions(delete_source=True)))
    assert (source.profiles(), target.profiles()) == (["a", "b", "c"], [])


def test_a_rotation_that_has_not_ended_in_the_target_is_not_overwritten(source: CredentialStore) -> None:
    target = CredentialStore(MemoryBackend())
    target.backend.put(ItemName(Kind.PENDING, "a"), Secret(b'{"v": 1, "stage": "created"}'))
    with pytest.raises(ConflictError, match="a rotation of 'a' has not ended in the target"):
        list(move(source, target, ["a"], MigrationOptions(overwrite=True)))
    assert target.profiles() == []


@pytest.fixture
def with_device(source: CredentialStore) -> CredentialStore:
    """The profile a has an MFA device."""
    StoredTotp(source.backend).put("a", DEVICE)
    return source


def test_an_mfa_device_moves_with_its_profile(with_device: CredentialStore) -> None:
    target = CredentialStore(MemoryBackend())
    done = list(move(with_device, target, ["a"], MigrationOptions(delete_source=True)))
    assert [(moved.kind, str(moved)) for moved in done] == [
        (Kind.TOTP, "copied, verified, deleted source"),
        (Kind.CREDENTIAL, "copied, verified, deleted source"),
    ]
    assert StoredTotp(target.backend).find("a", SERIAL) == DEVICE
    assert sorted(name.name for name in with_device.backend.names()) == ["b", "c"]


def test_another_device_is_replaced_only_if_that_is_wanted(with_device: CredentialStore) -> None:
    target = CredentialStore(MemoryBackend())
    StoredTotp(target.backend).put("a", OTHER_DEVICE)
    skipped, _ = move(with_device, target, ["a"], MigrationOptions(delete_source=True))
    assert (skipped.outcome, skipped.deleted) == (MigrationOutcome.SKIPPED, False)
    assert StoredTotp(target.backend).find("a", SERIAL) == OTHER_DEVICE
    assert StoredTotp(with_device.backend).find("a", SERIAL) == DEVICE
    (copied,) = move(with_device, target, ["a"], MigrationOptions(overwrite=True))
    assert (copied.kind, copied.outcome) == (Kind.TOTP, MigrationOutcome.COPIED)
    assert StoredTotp(target.backend).find("a", SERIAL) == DEVICE


@pytest.mark.parametrize("delete_source", [True, False])
def test_a_device_stays_with_a_key_that_is_skipped(with_device: CredentialStore, delete_source: bool) -> None:
    target = CredentialStore(MemoryBackend())
    target.put("a", pair(7))
    device, key = move(with_device, target, ["a"], MigrationOptions(delete_source=delete_source))
    assert (device.kind, str(device)) == (Kind.TOTP, "stays with its key")
    assert (key.outcome, device.deleted, key.deleted) == (MigrationOutcome.SKIPPED, False, False)
    assert StoredTotp(with_device.backend).find("a", SERIAL) == DEVICE
    assert with_device.get("a") == pair(0)
    assert [str(name) for name in target.backend.names()] == ["credential/a"]
    foretold = [moved.outcome for moved in move(with_device, target, ["a"], MigrationOptions(dry_run=True))]
    assert foretold == [MigrationOutcome.STAYS_WITH_KEY, MigrationOutcome.WOULD_SKIP]


def test_a_key_that_is_replaced_brings_its_device(with_device: CredentialStore) -> None:
    target = CredentialStore(MemoryBackend())
    target.put("a", pair(7))
    done = list(move(with_device, target, ["a"], MigrationOptions(overwrite=True, delete_source=True)))
    assert [str(moved) for moved in done] == ["copied, verified, deleted source"] * 2
    assert StoredTotp(target.backend).find("a", SERIAL) == DEVICE


class NoMoreKeys(MemoryBackend):
    """Takes MFA devices, and fails at a key."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        if name.kind is Kind.CREDENTIAL:
            raise AccessDeniedError("full")
        super().put(name, data)


def test_a_device_is_not_deleted_before_its_key_is_copied(with_device: CredentialStore) -> None:
    target = CredentialStore(NoMoreKeys())
    with pytest.raises(AccessDeniedError):
        list(move(with_device, target, ["a"], MigrationOptions(delete_source=True)))
    for store in (with_device, target):
        assert StoredTotp(store.backend).find("a", SERIAL) == DEVICE
    assert with_device.get("a") == pair(0)


class KeysOnly(MemoryBackend):
    """A store that knows the names of keys and no others."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        if name.kind is not Kind.CREDENTIAL:
            raise InvalidNameError(f"no room for '{name}'")
        super().put(name, data)


def test_a_device_that_the_target_can_not_hold_stays_and_that_is_said(with_device: CredentialStore) -> None:
    target = CredentialStore(KeysOnly())
    device, key = move(with_device, target, ["a"], MigrationOptions(delete_source=True))
    assert (str(device), device.kind) == ("stays behind: the target can't hold it", Kind.TOTP)
    assert (key.kind, key.deleted, target.get("a")) == (Kind.CREDENTIAL, True, pair(0))
    assert StoredTotp(with_device.backend).find("a", SERIAL) == DEVICE
    # The key is gone from there, and the device can still be taken to a store that has room.
    elsewhere = CredentialStore(MemoryBackend())
    assert "a" in select_profiles(names_in(with_device), ())
    (moved,) = move(with_device, elsewhere, ["a"], MigrationOptions(delete_source=True))
    assert (moved.kind, moved.deleted) == (Kind.TOTP, True)
    assert StoredTotp(elsewhere.backend).find("a", SERIAL) == DEVICE


def test_a_device_that_reads_back_differently_keeps_its_source_and_its_key(with_device: CredentialStore) -> None:
    with pytest.raises(ConflictError, match="'a'"):
        list(move(with_device, CredentialStore(Forgetful()), ["a"], MigrationOptions(delete_source=True)))
    assert StoredTotp(with_device.backend).find("a", SERIAL) == DEVICE
    assert with_device.get("a") == pair(0)


def test_what_never_moves_is_counted(source: CredentialStore) -> None:
    assert left_behind(names_in(source)) == {}
    for name in (ItemName(Kind.BRIDGE, "pypi:me"), ItemName(Kind.BRIDGE, "pypi:you"), ItemName(Kind.KEK, "00")):
        source.backend.put(name, Secret(b"x"))
    assert left_behind(names_in(source)) == {Kind.BRIDGE: 2}


def test_a_copy_that_reads_back_differently_keeps_its_source(source: CredentialStore) -> None:
    with pytest.raises(ConflictError, match="'a'"):
        list(move(source, CredentialStore(Forgetful()), ["a", "b"], MigrationOptions(delete_source=True)))
    assert source.profiles() == ["a", "b", "c"]


def test_a_failure_in_the_middle_is_gone_on_with(source: CredentialStore) -> None:
    target = CredentialStore(Full())
    with pytest.raises(AccessDeniedError):
        list(move(source, target, ["a", "b", "c"], MigrationOptions(delete_source=True)))
    assert (source.profiles(), target.profiles()) == (["b", "c"], ["a"])


def test_another_key_is_replaced_only_if_that_is_wanted(source: CredentialStore) -> None:
    target = CredentialStore(MemoryBackend())
    target.put("a", pair(7))
    (skipped,) = move(source, target, ["a"], MigrationOptions(delete_source=True))
    assert (skipped.outcome, skipped.deleted) == (MigrationOutcome.SKIPPED, False)
    assert (source.get("a"), target.get("a")) == (pair(0), pair(7))
    (copied,) = move(source, target, ["a"], MigrationOptions(overwrite=True))
    assert (copied.outcome, target.get("a")) == (MigrationOutcome.COPIED, pair(0))


def test_a_dry_run_changes_nothing(source: CredentialStore) -> None:
    target = CredentialStore(MemoryBackend())
    target.put("a", pair(7))
    outcomes = [
        moved.outcome for moved in move(source, target, ["a", "b"], MigrationOptions(dry_run=True, delete_source=True))
    ]
    assert outcomes == [MigrationOutcome.WOULD_SKIP, MigrationOutcome.WOULD_COPY]
    assert (source.profiles(), target.profiles()) == (["a", "b", "c"], ["a"])


def test_a_dry_run_says_what_is_there_already(with_device: CredentialStore) -> None:
    target = CredentialStore(MemoryBackend())
    list(move(with_device, target, ["a"], MigrationOptions()))
    foretold = [
        str(moved) for moved in move(with_device, target, ["a"], MigrationOptions(dry_run=True, delete_source=True))
    ]
    assert foretold == ["already there"] * 2
    assert with_device.get("a") == pair(0)


def test_what_is_not_there_is_said(source: CredentialStore) -> None:
    with pytest.raises(ProfileNotFoundError):
        select_profiles(names_in(source), ["none"])
    with pytest.raises(UsageError):
        select_profiles((), ())
    with pytest.raises(ItemNotFoundError):
        source.get("none")


def test_a_damaged_item_stops_its_own_profile_only(source: CredentialStore) -> None:
    source.backend.put(ItemName(Kind.CREDENTIAL, "b"), Secret(b"garbage"))
    target = CredentialStore(MemoryBackend())
    done = list(move(source, target, select_profiles(names_in(source), ()), MigrationOptions(delete_source=True)))
    assert [moved.outcome for moved in done] == [
        MigrationOutcome.COPIED,
        MigrationOutcome.FAILED,
        MigrationOutcome.COPIED,
    ]
    assert [name.name for name in source.backend.names()] == ["b"]
    assert done[1].problem is not None


def test_a_profile_named_twice_moves_once(source: CredentialStore) -> None:
    assert select_profiles(names_in(source), ["b", "a", "b"]) == ["b", "a"]


class Slow(MemoryBackend):
    """Counts how often it is listed."""

    listed = 0

    def names(self) -> list[ItemName]:
        self.listed += 1
        return super().names()


def test_the_source_is_listed_once() -> None:
    slow = Slow()
    source = CredentialStore(slow)
    source.put("a", pair(0))
    here = names_in(source)
    list(move(source, CredentialStore(MemoryBackend()), select_profiles(here, ()), MigrationOptions(), here=here))
    assert (left_behind(here), slow.listed) == ({}, 1)
