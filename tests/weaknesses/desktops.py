"""Programs with a collection of their own in a real Secret Service (W27)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import pytest
import secretstorage

from peers.desktop import make_collection, open_connection
from pyvault.secret import Secret
from pyvault.testing import Subject
from weaknesses.proof import Place, needs
from weaknesses.store import PROD, given

LABEL = "aws-vault_keys"
ATTRIBUTES = {"profile": "prod"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that keeps one item.

    Attributes:
        run: reads the item, then writes it; gives what was read.
        count: how many collections there are by now.
    """

    run: Callable[[bytes], bytes | None]
    count: Callable[[], int]


@needs(pytest.mark.peer("dbus-daemon", "gnome-keyring-daemon"))
def our_collection(place: Place) -> Program:
    address = place.fixture("desktop")
    make_collection(address, LABEL)

    def run(write: bytes) -> bytes | None:
        with closing(Subject(backend="secret-service", options={"collection": LABEL}).open()) as backend:
            found = given(backend, PROD)
            backend.put(PROD, Secret(write))
            return found

    return Program(run=run, count=lambda: _count(address))


@needs(pytest.mark.peer("dbus-daemon", "gnome-keyring-daemon"))
def collection_by_path(place: Place) -> Program:
    """After 99designs/keyring: looked for by the path that its name would make, and made if that is not there.

    The service writes a name's hyphens and underscores into the path in another way.
    """
    address = place.fixture("desktop")
    path = f"/org/freedesktop/secrets/collection/{LABEL}"

    def find() -> str | None:
        with closing(open_connection(address)) as connection:
            collections = secretstorage.get_all_collections(connection)
            return next((each.collection_path for each in collections if each.collection_path == path), None)

    def run(write: bytes) -> bytes | None:
        collection = find()
        if collection is None:
            make_collection(address, LABEL)
            return None
        raise AssertionError("the path is as the name")

    return Program(run=run, count=lambda: _count(address))


def _count(address: str) -> int:
    with closing(open_connection(address)) as connection:
        return [each.get_label() for each in secretstorage.get_all_collections(connection)].count(LABEL)
