"""Stores that have the weaknesses: the real ones.

keyring's own Windows class runs over the stand-in for Credential Manager, as
our driver does. Those of third parties are installed for the long form, into a
folder of their own that only a child process sees: in the environment of the
tests they would change what keyring chooses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pyvault.names import ItemName
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.testing import Subject
from weaknesses import ours
from weaknesses.derivations import Derived, Later, Price
from weaknesses.moving import PLANTED, Mover
from weaknesses.proof import Place, needs
from weaknesses.store import PROD, RIGHT, Encoded, Searched, Store, Watched

PEER = "weaknesses.peer:PeerBackend"
WINDOWS = "keyring.backends.Windows.WinVaultKeyring"
CRYPTFILE = "keyrings.cryptfile.cryptfile.CryptFileKeyring"


def windows_vault(place: Place) -> Store:
    store = ours.credential_manager(place)
    return replace(store, subject=Subject(backend=PEER, options={"settings": json.dumps({"class": WINDOWS})}))


def windows_vault_blobs(place: Place) -> Encoded:
    return ours.with_blobs(windows_vault(place))


def windows_vault_searched(place: Place) -> Searched:
    return ours.with_search(windows_vault(place))


@needs(pytest.mark.slow, pytest.mark.peer("pass", "gpg"))
def keyring_pass(place: Place) -> Store:
    store = ours.password_store(place)
    return replace(store, subject=_installed(place, "keyring_pass.PasswordStoreBackend"))


@needs(pytest.mark.slow)
def cryptfile(place: Place) -> Store:
    return _file(place, CRYPTFILE)


@needs(pytest.mark.slow)
def cryptfile_by_service(place: Place) -> Store:
    return _file(place, CRYPTFILE, name_is="service")


@needs(pytest.mark.slow)
def quick_cryptfile(place: Place) -> Store:
    """With a key derivation that costs nothing: it is not what is tested."""
    return _file(place, CRYPTFILE, time_cost=1, memory_cost=64)


@needs(pytest.mark.slow)
def cryptfile_watched(place: Place) -> Watched:
    store = quick_cryptfile(place)
    subject = _told(store, watched=str(store.folder))

    def write() -> set[tuple[Path, int]]:
        backend = subject.open()
        backend.put(PROD, Secret(b"x"))
        return backend.modes()

    return Watched(write_and_watch=write)


@needs(pytest.mark.slow)
def cryptfile_later(place: Place) -> Later:
    store = quick_cryptfile(place)
    settings = json.loads(store.subject.options["settings"])["set"] | {"time_cost": 2}
    return Later(store=store, later=replace(store, subject=_told(store, set=settings)))


@needs(pytest.mark.slow)
def cryptfile_derivations(place: Place) -> Derived:
    store = quick_cryptfile(place)
    subject = _told(store, counted="argon2.low_level.hash_secret_raw")

    def read(names: Sequence[ItemName]) -> list[Price]:
        backend = subject.open()
        for name in names:
            backend.get(name)
        return [Price(function="Argon2id", iterations=1)] * backend.count()

    return Derived(store=store, read=read)


@needs(pytest.mark.slow)
def cryptfile_converter(place: Place) -> Mover:
    """Its own ``cryptfile-convert``, as verbose as it can be."""
    store = _file(place, CRYPTFILE)
    store.open().put(PROD, Secret(PLANTED.encode()))
    program = f"import getpass; getpass.getpass = lambda prompt='': {RIGHT!r}; import keyrings.cryptfile.convert as c; c.main()"
    words = ("-vvv", "-k", "CCM", str(store.file_of(PROD)), str(place.folder / "converted.cfg"))
    environ = {**os.environ, "PYTHONPATH": store.subject.options["libraries"]}

    def listen() -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True, env=environ
        )
        return done.stdout + done.stderr

    return Mover(move_and_listen=listen)


@needs(pytest.mark.slow)
def alt_encrypted(place: Place) -> Store:
    return _file(place, "keyrings.alt.file.EncryptedKeyring")


def _file(place: Place, name: str, name_is: str = "user", **settings: object) -> Store:
    file = place.folder / "home" / "passwords.cfg"
    subject = _installed(place, name, name_is, file_path=str(file), **settings)
    return Store(subject=subject, folder=file.parent, file_of=lambda _: file)


def _installed(place: Place, name: str, name_is: str = "user", **settings: object) -> Subject:
    libraries = place.fixture("weak_peers")
    told = json.dumps({"class": name, "set": settings})
    options = {"settings": told, "name_is": name_is, "libraries": str(libraries)}
    return Subject(backend=PEER, options=options, answers=ours.RIGHT_ANSWERS)


def _told(store: Store, **more: object) -> Subject:
    """Tell the program more than the store does."""
    settings = json.loads(store.subject.options["settings"]) | more
    return replace(store.subject, options={**store.subject.options, "settings": json.dumps(settings)})
