"""Several changes as one, for backends that are ``Transactional``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvault.backend import Backend, Transactional
from pyvault.errors import ItemNotFoundError
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.testing.subject import DECLARED

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pyvault.testing.subject import MakeBackend

OLD, NEW = ItemName(Kind.CREDENTIAL, "old"), ItemName(Kind.CREDENTIAL, "new")


class _GaveUpError(Exception):
    """Raised inside a transaction."""


class TransactionCases:
    """What ``transaction`` promises."""

    def test_a_transaction_is_all_of_its_changes(self, make_backend: MakeBackend) -> None:
        """Inside, this handle sees them; afterwards, others do."""
        backend = make_backend()
        backend.put(OLD, Secret(b"1"))
        with _transaction(backend):
            backend.put(NEW, Secret(b"2"))
            backend.delete(OLD)
            assert backend.get(NEW) == Secret(b"2")
            assert backend.names() == [NEW]
        assert make_backend().names() == [NEW]

    def test_a_transaction_that_fails_is_none_of_them(self, make_backend: MakeBackend) -> None:
        """An exception inside passes, and undoes what was put, replaced and deleted."""
        backend = make_backend()
        backend.put(OLD, Secret(b"1"))

        def change() -> None:
            backend.put(OLD, Secret(b"replaced"))
            backend.put(NEW, Secret(b"2"))
            backend.delete(OLD)

        with pytest.raises(_GaveUpError):
            _give_up_after(change, backend)
        for handle in (backend, make_backend()):
            assert handle.get(OLD) == Secret(b"1")
            assert handle.names() == [OLD]
            with pytest.raises(ItemNotFoundError):
                handle.get(NEW)

    def test_a_transaction_inside_another_is_part_of_it(self, make_backend: MakeBackend) -> None:
        """What the inner one has changed is undone with the outer one."""
        backend = make_backend()
        with pytest.raises(_GaveUpError):
            _give_up_after(lambda: _put_as_one(backend), backend)
        assert backend.names() == []
        assert make_backend().names() == []


def _give_up_after(change: Callable[[], None], backend: Backend) -> None:
    with _transaction(backend):
        change()
        raise _GaveUpError


def _put_as_one(backend: Backend) -> None:
    with _transaction(backend):
        backend.put(NEW, Secret(b"2"))


def _transaction(backend: Backend) -> AbstractContextManager[None]:
    if not isinstance(backend, Transactional):
        pytest.skip(f"{DECLARED}the backend is not Transactional")
    return backend.transaction()
