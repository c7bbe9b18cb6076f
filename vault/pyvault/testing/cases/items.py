"""Put, get, replace, delete: what is there, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvault.errors import ItemNotFoundError
from pyvault.names import ItemName, Kind, LaterKind
from pyvault.secret import Secret

if TYPE_CHECKING:
    from pyvault.backend import Backend

PROD = ItemName(Kind.CREDENTIAL, "prod")
DEV = ItemName(Kind.CREDENTIAL, "dev")


class ItemCases:
    """One handle, a few items."""

    def test_what_is_put_is_got(self, backend: Backend) -> None:
        """A round trip."""
        backend.put(PROD, Secret(b"one"))
        assert backend.get(PROD) == Secret(b"one")

    def test_its_answers_have_the_types_of_the_contract(self, backend: Backend) -> None:
        """Anything else is refused where the backend is used, as a mistake of its author."""
        backend.put(PROD, Secret(b"one"))
        data: object = backend.get(PROD)
        assert isinstance(data, Secret), f"get returned {type(data).__name__}, not Secret[bytes]"
        assert isinstance(data.reveal(), bytes), f"get returned a secret {type(data.reveal()).__name__}, not bytes"
        names: object = backend.names()
        assert isinstance(names, list), f"names returned {type(names).__name__}, not a list"
        for name in names:
            assert isinstance(name, ItemName), f"names listed {type(name).__name__}, not ItemName"
            assert isinstance(name.kind, Kind | LaterKind), "a kind is a plain text: name_in_store makes an ItemName"

    def test_a_second_put_replaces(self, backend: Backend) -> None:
        """The last write is what counts."""
        for value in (b"one", b"two", b"", b"three"):
            backend.put(PROD, Secret(value))
            assert backend.get(PROD) == Secret(value)
        assert backend.names() == [PROD]

    def test_deleted_is_gone(self, backend: Backend) -> None:
        """And only what was deleted."""
        backend.put(PROD, Secret(b"one"))
        backend.put(DEV, Secret(b"two"))
        backend.delete(PROD)
        with pytest.raises(ItemNotFoundError):
            backend.get(PROD)
        assert backend.get(DEV) == Secret(b"two")

    def test_deleted_can_be_put_again(self, backend: Backend) -> None:
        """Nothing of the old one comes back."""
        backend.put(PROD, Secret(b"a longer first value"))
        backend.delete(PROD)
        backend.put(PROD, Secret(b"two"))
        assert backend.get(PROD) == Secret(b"two")

    def test_getting_what_is_not_there_says_so(self, backend: Backend) -> None:
        """Absent is ItemNotFoundError, never None or empty."""
        with pytest.raises(ItemNotFoundError):
            backend.get(PROD)
        backend.put(DEV, Secret(b"x"))
        with pytest.raises(ItemNotFoundError):
            backend.get(PROD)

    def test_deleting_what_is_not_there_says_so(self, backend: Backend) -> None:
        """Twice is once too often."""
        with pytest.raises(ItemNotFoundError):
            backend.delete(PROD)
        backend.put(PROD, Secret(b"x"))
        backend.delete(PROD)
        with pytest.raises(ItemNotFoundError):
            backend.delete(PROD)

    def test_names_are_exact_after_each_step(self, backend: Backend) -> None:
        """Listing shows what is there, all of it, once."""
        assert backend.names() == []
        backend.put(PROD, Secret(b"x"))
        assert backend.names() == [PROD]
        backend.put(DEV, Secret(b"y"))
        backend.put(DEV, Secret(b"z"))
        assert sorted(backend.names()) == [DEV, PROD]
        backend.delete(PROD)
        assert backend.names() == [DEV]
        backend.delete(DEV)
        assert backend.names() == []

    def test_kinds_do_not_mix(self, backend: Backend) -> None:
        """The same name under another kind is another item."""
        pending = ItemName(Kind.PENDING, "prod")
        backend.put(PROD, Secret(b"current"))
        backend.put(pending, Secret(b"next"))
        assert backend.get(PROD) == Secret(b"current")
        assert backend.get(pending) == Secret(b"next")
        backend.delete(pending)
        assert backend.names() == [PROD]
