"""The typed view: pairs under profiles, and a fence around the driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, cast

import pytest

from pyvault.backend import Backend
from pyvault.errors import (
    AccessDeniedError,
    BackendError,
    BackendLockedError,
    ConflictError,
    InvalidNameError,
    ItemCorruptError,
    ItemNotFoundError,
)
from pyvault.model import StoredCredentials
from pyvault.names import ItemName, Kind, credential_name
from pyvault.secret import Secret
from pyvault.storage.typed_store import CredentialStore
from pyvault_backends.memory import MemoryBackend

PAIR = StoredCredentials(
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    secret_access_key=Secret("wJalr"),
    created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)
NEWER = StoredCredentials(access_key_id="AKIANEWER", secret_access_key=Secret("newer"))


class AttributedBackend(MemoryBackend):
    """Keeps attributes, and counts how often a secret is read."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[ItemName, Mapping[str, str]] = {}
        self.reads = 0

    def get(self, name: ItemName) -> Secret[bytes]:
        self.reads += 1
        return super().get(name)

    def put_with(self, name: ItemName, data: Secret[bytes], attributes: Mapping[str, str]) -> None:
        self.put(name, data)
        self.kept[name] = attributes

    def attributes(self, name: ItemName) -> Mapping[str, str]:
        if name not in self.kept:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return self.kept[name]


class FailingBackend(MemoryBackend):
    """Raises what it is told to from every method."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def _fail(self, *_: Any) -> NoReturn:  # stands for methods of several signatures
        raise self.error

    get = put = delete = names = close = _fail  # pyright: ignore[reportAssignmentType]  # it never returns


def test_put_get_replace_delete() -> None:
    store = CredentialStore(MemoryBackend())
    with pytest.raises(ItemNotFoundError):
        store.get("prod")
    store.put("prod", PAIR)
    assert store.get("prod") == PAIR
    store.put("prod", NEWER)
    assert store.get("prod") == NEWER
    assert store.profiles() == ["prod"]
    store.delete("prod")
    assert store.profiles() == []
    with pytest.raises(ItemNotFoundError):
        store.delete("prod")


def test_items_of_another_kind_never_mix_with_the_pairs() -> None:
    store = CredentialStore(MemoryBackend())
    store.put("prod", PAIR)
    journal = ItemName(Kind.PENDING, "prod")
    store.backend.put(journal, Secret(b"journal"))
    assert store.get("prod") == PAIR
    assert store.profiles() == store.profiles(kind=Kind.PENDING) == ["prod"]
    store.delete("prod")
    assert store.profiles() == []
    assert store.backend.names() == [journal]


def test_listing_reads_no_secret_where_attributes_are_kept() -> None:
    backend = AttributedBackend()
    store = CredentialStore(backend)
    store.put("prod", PAIR)
    assert store.access_key_id("prod") == PAIR.access_key_id
    assert store.created("prod") == PAIR.created
    assert backend.reads == 0


def test_without_attributes_the_item_is_read() -> None:
    store = CredentialStore(MemoryBackend())
    store.put("prod", PAIR)
    assert store.access_key_id("prod") == PAIR.access_key_id
    assert store.created("prod") == PAIR.created
    assert CredentialStore(AttributedBackend()).profiles() == []


def test_a_damaged_item_is_neither_absent_nor_empty() -> None:
    backend = MemoryBackend()
    backend.put(credential_name("prod"), Secret(b"\0"))
    with pytest.raises(ItemCorruptError, match="credential/prod"):
        CredentialStore(backend).get("prod")


class PanicError(BaseException):
    """Like the exceptions of some native extensions."""


@pytest.mark.parametrize(
    "error", [KeyError("PLANTED"), SystemExit("PLANTED"), PanicError("PLANTED"), OSError("PLANTED")]
)
def test_foreign_exceptions_come_out_as_ours_without_their_text(error: BaseException) -> None:
    store = CredentialStore(FailingBackend(error))
    attempts = [
        lambda: store.get("prod"),
        lambda: store.put("prod", PAIR),
        lambda: store.delete("prod"),
        store.profiles,
        store.close,
    ]
    for attempt in attempts:
        with pytest.raises(BackendError) as caught:
            attempt()
        assert type(error).__name__ in str(caught.value)
        assert "PLANTED" not in str(caught.value)
        assert caught.value.__suppress_context__


def test_a_locked_store_is_never_an_empty_one() -> None:
    backend = MemoryBackend()
    store = CredentialStore(backend)
    store.put("prod", PAIR)
    backend.lock()
    for attempt in (store.profiles, lambda: store.get("prod"), lambda: store.put("dev", NEWER)):
        with pytest.raises(BackendLockedError):
            attempt()
    backend.unlock()
    assert store.profiles() == ["prod"]


def test_ctrl_c_passes() -> None:
    with pytest.raises(KeyboardInterrupt):
        CredentialStore(FailingBackend(KeyboardInterrupt())).get("prod")


def test_a_transaction_that_fails_changes_nothing() -> None:
    store = CredentialStore(MemoryBackend())
    store.put("prod", PAIR)

    def change() -> None:
        with store.transaction():
            store.put("prod", NEWER)
            store.delete("absent")

    with pytest.raises(ItemNotFoundError):
        change()
    assert store.get("prod") == PAIR


def test_a_bad_profile_name_never_reaches_the_backend() -> None:
    with pytest.raises(InvalidNameError):
        CredentialStore(FailingBackend(AssertionError())).get("a\nb")


@pytest.mark.parametrize("backend", [MemoryBackend, AttributedBackend])
def test_create_replaces_nothing_whatever_it_is(backend: type[MemoryBackend]) -> None:
    store = CredentialStore(backend())
    store.create("prod", PAIR)
    for pair in (PAIR, NEWER):  # the same pair is no other one for a store, and it is there all the same
        with pytest.raises(ConflictError, match="there is an item 'credential/prod' already"):
            store.create("prod", pair)
    assert store.get("prod") == PAIR
    assert store.access_key_id("prod") == PAIR.access_key_id
    assert store.created("prod") == PAIR.created


@pytest.mark.parametrize("backend", [MemoryBackend, AttributedBackend])
def test_replace_is_refused_once_somebody_else_has_written(backend: type[MemoryBackend]) -> None:
    store = CredentialStore(backend())
    store.create("prod", PAIR)
    found, version = store.get_versioned("prod")
    assert found == PAIR
    store.put("prod", NEWER)
    with pytest.raises(ConflictError, match="was changed meanwhile"):
        store.replace("prod", PAIR, version)
    assert store.get("prod") == NEWER
    assert store.access_key_id("prod") == NEWER.access_key_id
    store.replace("prod", PAIR, store.get_versioned("prod")[1])
    assert store.access_key_id("prod") == PAIR.access_key_id
    store.delete("prod")
    with pytest.raises(ItemNotFoundError):
        store.replace("prod", PAIR, version)


def test_a_store_without_versions_creates_and_replaces_as_it_can() -> None:
    kept = MemoryBackend()

    class Plain:
        API_VERSION = 1
        get, put, delete, names, close = kept.get, kept.put, kept.delete, kept.names, kept.close

    store = CredentialStore(cast("Backend", Plain()))
    store.create("prod", PAIR)
    with pytest.raises(ConflictError):
        store.create("prod", NEWER)
    found, version = store.get_versioned("prod")
    assert (found, version) == (PAIR, None)
    store.replace("prod", NEWER, version)
    assert store.get("prod") == NEWER


class Told:
    """Is told of changes; notes what the store held then, and may refuse."""

    def __init__(self, *refused: int) -> None:
        self.backend = MemoryBackend()
        self.store = CredentialStore(self.backend, changed=self)
        self.held: list[list[str]] = []
        self._refused = refused

    def __call__(self) -> None:
        self.held.append([name.name for name in self.backend.names()])
        if len(self.held) in self._refused:
            raise AccessDeniedError("it can't be dropped")


def test_a_change_is_told_before_and_after() -> None:
    told = Told()
    told.store.put("a", PAIR)
    assert (told.held[0], told.held[-1]) == ([], ["a"])
    told.held.clear()
    told.store.delete("a")
    assert (told.held[0], told.held[-1]) == (["a"], [])
    told.held.clear()
    told.store.create("b", PAIR)
    assert (told.held[0], told.held[-1]) == ([], ["b"])
    told.held.clear()
    told.store.replace("b", NEWER, told.store.get_versioned("b")[1])
    assert len(told.held) >= 2


def test_a_transaction_is_told_of_after_it_is_written() -> None:
    """In between the store is as it was, and what is kept then has been made from that."""
    told = Told()
    with told.store.transaction():
        told.store.put("a", PAIR)
        during = len(told.held)
    assert told.held[during:] == [["a"]]


def put_in_a_transaction(store: CredentialStore) -> None:
    with store.transaction():
        store.put("new", PAIR)


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.put("new", PAIR),
        lambda store: store.create("new", PAIR),
        lambda store: store.delete("old"),
        put_in_a_transaction,
    ],
    ids=["put", "create", "delete", "transaction"],
)
def test_what_can_not_be_told_is_not_done(change: Callable[[CredentialStore], None]) -> None:
    told = Told(1)
    told.backend.put(credential_name("old"), Secret(b"x"))
    with pytest.raises(AccessDeniedError):
        change(told.store)
    assert [name.name for name in told.backend.names()] == ["old"]


def test_a_transaction_in_which_something_can_not_be_told_is_not_written() -> None:
    told = Told(3)  # before it, before the put, after the put
    with pytest.raises(AccessDeniedError), told.store.transaction():
        told.store.put("new", PAIR)
    assert told.backend.names() == []


def test_a_change_that_failed_is_told_and_stays_the_error() -> None:
    tellings: list[int] = []

    def refuse_later() -> None:
        tellings.append(1)
        if len(tellings) > 1:
            raise AccessDeniedError("it can't be dropped")

    store = CredentialStore(FailingBackend(BackendError("it is full")), changed=refuse_later)
    with pytest.raises(BackendError, match="it is full"):
        store.put("a", PAIR)
    assert len(tellings) == 2
