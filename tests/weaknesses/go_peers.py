"""99designs/keyring itself, in a Go program of its own; in the long form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from peers.jwe_writer import encrypt, iterations_of
from pyvault.errors import PyvaultError
from pyvault.names import ItemName
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.testing import Subject
from weaknesses import ours
from weaknesses.derivations import ENDLESS, Derived, Greedy, Price
from weaknesses.headless import SECRET, Defaults
from weaknesses.peers import PEER
from weaknesses.proof import Place, needs
from weaknesses.store import PROD, RIGHT, Store


def _subject(place: Place, **settings: str) -> Subject:
    options = {"program": str(place.fixture("go_peer")), "settings": json.dumps(settings)}
    return Subject(backend=PEER, options=options, answers=ours.RIGHT_ANSWERS)


@needs(pytest.mark.slow, pytest.mark.peer("go"))
def go_file(place: Place) -> Store:
    folder = place.folder / "keys"
    subject = _subject(place, backend="file", dir=str(folder))
    return Store(subject=subject, folder=folder, file_of=lambda name: folder / name.name)


@needs(pytest.mark.slow, pytest.mark.peer("go"))
def go_file_derived(place: Place) -> Derived:
    store = go_file(place)

    def read(names: Sequence[ItemName]) -> list[Price]:
        tokens = [store.file_of(name).read_text() for name in names]
        return [Price(function="PBKDF2-HMAC-SHA256", iterations=iterations_of(token)) for token in tokens]

    return Derived(store=store, read=read)


@needs(pytest.mark.slow, pytest.mark.peer("go"))
def greedy_go_file(place: Place) -> Greedy:
    store = go_file(place)
    store.folder.mkdir(mode=0o700)
    store.file_of(PROD).write_text(encrypt(b"{}", RIGHT, p2c=ENDLESS))
    return Greedy(subject=store.subject)


@needs(pytest.mark.slow, pytest.mark.peer("go", "pass", "gpg"))
def go_password_store(place: Place) -> Store:
    store = ours.password_store(place)
    subject = _subject(place, backend="pass", prefix=store.folder.name)
    return replace(store, subject=subject, file_of=lambda name: Path(f"{store.folder / name.name}.gpg"))


@needs(pytest.mark.slow, pytest.mark.peer("go"))
def go_kernel_keyring(place: Place) -> Defaults:
    backend = _subject(place, backend="keyctl").open()

    def store() -> str:
        try:
            backend.put(PROD, Secret(SECRET.encode()))
        except PyvaultError as exc:
            return str(exc)
        return ""

    return Defaults(store_secret=store, read_secret=lambda: backend.get(PROD).reveal().decode())
