"""What the shelf of a rotation remembers, and what it does not ask for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.errors import AccessDeniedError, ItemNotFoundError, WriteFailedError
from pyvault.model import StoredCredentials
from pyvault.names import ItemName, Kind
from pyvault.rotation.shelf import StoreShelf
from pyvault.secret import Secret
from pyvault.storage.typed_store import CredentialStore
from pyvault_backends.memory import MemoryBackend
from pyvault_cli.rotation.rotation_setup import only_rotation

JOURNAL = ItemName(Kind.PENDING, "me")
PAIR = StoredCredentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=Secret("secret"))


class Breakable(MemoryBackend):
    """Fails at every call once it is broken."""

    broken = False

    def get(self, name: ItemName) -> Secret[bytes]:
        self._fail()
        return super().get(name)

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        self._fail()
        super().put(name, data)

    def delete(self, name: ItemName) -> None:
        self._fail()
        super().delete(name)

    def _fail(self) -> None:
        if self.broken:
            raise AccessDeniedError("broken")


@pytest.fixture
def backend() -> Breakable:
    return Breakable()


@pytest.fixture
def shelf(backend: Breakable) -> StoreShelf:
    return StoreShelf(CredentialStore(backend))


def test_a_journal_is_under_way_from_its_first_write_to_its_end(shelf: StoreShelf) -> None:
    seen = [shelf.is_under_way("me")]
    shelf.put_item(JOURNAL, Secret(b"{}"))
    seen.append(shelf.is_under_way("me"))
    shelf.delete_item(JOURNAL)
    seen.append(shelf.is_under_way("me"))
    assert seen == [False, True, False]


def test_one_that_was_there_before_is_seen_when_it_is_read(shelf: StoreShelf, backend: Breakable) -> None:
    backend.put(JOURNAL, Secret(b"{}"))
    assert not shelf.is_under_way("me")
    shelf.get_item(JOURNAL)
    assert shelf.is_under_way("me")
    assert not shelf.is_under_way("you")
    backend.delete(JOURNAL)  # another process has ended it
    with pytest.raises(ItemNotFoundError):
        shelf.get_item(JOURNAL)
    assert not shelf.is_under_way("me")


def test_a_store_that_fails_changes_nothing_of_what_is_known(shelf: StoreShelf, backend: Breakable) -> None:
    shelf.put_item(JOURNAL, Secret(b"{}"))
    backend.broken = True
    for call in (shelf.get_item, shelf.delete_item):
        with pytest.raises(AccessDeniedError):
            call(JOURNAL)
    with pytest.raises(AccessDeniedError):
        shelf.put("me", PAIR)
    assert shelf.is_under_way("me")
    assert shelf.replaced == set()


def test_a_key_that_was_replaced_is_known(shelf: StoreShelf) -> None:
    shelf.put("me", PAIR)
    assert shelf.replaced == {"me"}


def test_a_place_for_locks_that_can_not_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteFailedError, match=r"can't write '.*/file/locks'"):
        only_rotation("me", tmp_path / "file" / "locks")
