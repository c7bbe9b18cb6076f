"""Secrets on their way from one store to another, and everything that is logged of it (W19)."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from command_line import run_pyvault
from pyvault.migration.between_stores import MigrationOptions, move
from pyvault.model import StoredCredentials
from pyvault.names import ProfileName, credential_name
from pyvault.secret import Secret
from pyvault.storage.typed_store import CredentialStore
from weaknesses import ours
from weaknesses.proof import Place

PLANTED = "pLaNtEd/SeCrEt+0123456789abcdefghijKLMNO"
PAIR = StoredCredentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=Secret(PLANTED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """Moves the planted secret; gives all that was said meanwhile, at every level."""

    move_and_listen: Callable[[], str]


def between_our_stores(place: Place) -> Mover:
    source, target = CredentialStore(ours.vault_file(place).open()), CredentialStore(ours.any_keyring(place).open())
    source.put("prod", PAIR)

    def listen() -> str:
        with listening() as said:
            list(move(source, target, [ProfileName("prod")], MigrationOptions(delete_source=True)))
        assert target.get("prod") == PAIR
        return said.getvalue()

    return Mover(move_and_listen=listen)


def at_the_command_line(place: Place) -> Mover:
    store = ours.vault_file(place)
    CredentialStore(store.open()).put("prod", PAIR)
    ours.any_keyring(place)
    env = {
        "PYVAULT_FILE": store.subject.options["path"],
        "PYVAULT_KEYFILE": store.subject.options["keyfile"],
        "PYVAULT_BACKEND_KEYRING__CLASS": "fakes.text_keyring.FileKeyring",
        "PYVAULT_DEBUG": "1",
        "TEXT_KEYRING": os.environ["TEXT_KEYRING"],
        "PYTHONPATH": str(ours.TESTS),
    }

    def listen() -> str:
        ended = run_pyvault(place.folder, "--debug", "migrate", "--from", "file", "--to", "keyring", env=env)
        assert ended.code == 0, ended.err
        return ended.out + ended.err

    return Mover(move_and_listen=listen)


def talking_converter(place: Place) -> Mover:
    """After keyrings.cryptfile's converter, which logs each password at debug level."""
    source, target = (ours.vault_file(place).open(), ours.any_keyring(place).open())
    name = credential_name("prod")
    source.put(name, Secret(PLANTED.encode()))

    def listen() -> str:
        with listening() as said:
            value = source.get(name).reveal()
            target.put(name, Secret(value))
            logging.getLogger("convert").debug("[%s] %s: %s", name.kind, name.name, value.decode())
        return said.getvalue()

    return Mover(move_and_listen=listen)


@contextmanager
def listening() -> Generator[io.StringIO]:
    """Collect what all loggers say."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
