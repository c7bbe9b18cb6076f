"""What is wrong with one entry stops that one; what is wrong with a store stops the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import pytest

from pyvault.backend import Ask, Options
from pyvault.errors import (
    AccessDeniedError,
    BackendError,
    BackendLockedError,
    InputRequiredError,
    ItemCorruptError,
    ItemTooLargeError,
    PyvaultError,
    TamperedError,
    WrongKeyError,
)
from pyvault.migration.aws_vault_records import ForeignItemError
from pyvault.migration.between_stores import MigrationOptions, MigrationOutcome
from pyvault.migration.from_aws_vault import SourceError, take_over
from pyvault.model import StoredCredentials
from pyvault.names import ItemName, Kind, credential_name
from pyvault.secret import Secret
from pyvault.storage.item_codec import encode_credentials
from pyvault.storage.typed_store import CredentialStore
from pyvault_backends.memory import MemoryBackend

PAIR = StoredCredentials(access_key_id="AKIAPROD", secret_access_key=Secret("pLaNtEd"))
OTHER = StoredCredentials(access_key_id="AKIAOTHER", secret_access_key=Secret("pLaNtEd"))


class Scripted:
    """A source whose entries are pairs or errors."""

    API_VERSION: ClassVar[int] = 1

    def __init__(self, entries: Mapping[str, StoredCredentials | PyvaultError]) -> None:
        self.entries = entries

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        del options, ask
        return cls({})

    def get(self, name: ItemName) -> Secret[bytes]:
        found = self.entries[name.name]
        if isinstance(found, PyvaultError):
            raise found
        return encode_credentials(found)

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        raise AssertionError(name)

    def delete(self, name: ItemName) -> None:
        raise AssertionError(name)

    def names(self) -> list[ItemName]:
        return [credential_name(name) for name in self.entries]

    def close(self) -> None:
        pass


class FailingTarget(MemoryBackend):
    """A target that fails at one name."""

    failing: tuple[str, PyvaultError]

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        if name.name == self.failing[0]:
            raise self.failing[1]
        super().put(name, data)


def outcomes(
    entries: Mapping[str, StoredCredentials | PyvaultError], target: MemoryBackend | None = None, **terms: bool
) -> dict[str, MigrationOutcome]:
    source, store = CredentialStore(Scripted(entries)), CredentialStore(target or MemoryBackend())
    return {
        moved.profile: moved.outcome for moved in take_over(source, store, list(entries), MigrationOptions(**terms))
    }


@pytest.mark.parametrize(
    ("problem", "outcome"),
    [
        (ItemCorruptError("damaged"), MigrationOutcome.FAILED),
        (ForeignItemError("a password"), MigrationOutcome.FOREIGN),
        (AccessDeniedError("not readable"), MigrationOutcome.FAILED),
        (WrongKeyError("another passphrase"), MigrationOutcome.FAILED),
        (BackendError("gpg failed"), MigrationOutcome.FAILED),
    ],
)
def test_an_entry_that_can_not_be_read_stops_itself_only(problem: BackendError, outcome: MigrationOutcome) -> None:
    assert outcomes({"a": problem, "b": PAIR}) == {"a": outcome, "b": MigrationOutcome.COPIED}


def test_a_passphrase_that_opens_nothing_is_the_wrong_one() -> None:
    with pytest.raises(SourceError) as caught:
        outcomes({"a": WrongKeyError("a"), "b": WrongKeyError("b")})
    assert caught.value.problem.message == "a"


@pytest.mark.parametrize("problem", [BackendLockedError("locked"), InputRequiredError("a passphrase is needed")])
def test_a_store_that_is_locked_stops_the_rest(problem: PyvaultError) -> None:
    with pytest.raises(SourceError) as caught:
        outcomes({"a": problem, "b": PAIR})
    assert caught.value.problem is problem


def test_a_target_that_can_not_take_one_key_takes_the_others() -> None:
    target = FailingTarget()
    target.failing = ("a", ItemTooLargeError("too large"))
    assert outcomes({"a": PAIR, "b": PAIR}, target) == {"a": MigrationOutcome.FAILED, "b": MigrationOutcome.COPIED}


@pytest.mark.parametrize("problem", [AccessDeniedError("read only"), TamperedError("damaged")])
def test_a_target_that_fails_is_an_error(problem: PyvaultError) -> None:
    target = FailingTarget()
    target.failing = ("a", problem)
    with pytest.raises(type(problem)):
        outcomes({"a": PAIR, "b": PAIR}, target)


def test_a_rotation_that_has_not_ended_keeps_its_profile_only() -> None:
    target = MemoryBackend()
    target.put(ItemName(Kind.PENDING, "a"), Secret(b"{}"))
    assert outcomes({"a": PAIR, "b": PAIR}, target) == {"a": MigrationOutcome.FAILED, "b": MigrationOutcome.COPIED}


def test_another_key_stays_unless_it_may_be_replaced() -> None:
    target = MemoryBackend()
    store = CredentialStore(target)
    store.put("a", OTHER)
    store.put("same", PAIR)
    entries = {"a": PAIR, "same": PAIR}
    assert outcomes(entries, target, dry_run=True) == {
        "a": MigrationOutcome.WOULD_SKIP,
        "same": MigrationOutcome.IS_THERE,
    }
    assert outcomes(entries, target) == {"a": MigrationOutcome.SKIPPED, "same": MigrationOutcome.ALREADY}
    assert store.get("a") == OTHER
    assert outcomes(entries, target, overwrite=True) == {"a": MigrationOutcome.COPIED, "same": MigrationOutcome.ALREADY}
