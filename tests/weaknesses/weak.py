"""Stores that have the weaknesses: models of what is known of them."""

from __future__ import annotations

import pytest

from pyvault.record import replace
from pyvault.testing import Subject
from weaknesses import ours
from weaknesses.proof import Place, needs
from weaknesses.store import Store, Watched, watched

PASS_MODELS = "weaknesses.models.pass_by_exit_code"


def jwe_folder(place: Place) -> Store:
    """After 99designs/keyring's ``file`` backend."""
    return _jwe(place, "JweFolder")


def session_folder(place: Place) -> Store:
    """After aws-vault's sessions in it."""
    return _jwe(place, "SessionFolder")


def _jwe(place: Place, name: str) -> Store:
    folder = place.folder / "keys"
    subject = Subject(
        backend=f"weaknesses.models.jwe_folder:{name}", options={"path": str(folder)}, answers=ours.RIGHT_ANSWERS
    )
    return Store(subject=subject, folder=folder, file_of=lambda name: folder / name.name)


def ini_file(place: Place) -> Store:
    """After keyrings.cryptfile."""
    return _ini(place, "IniFile")


def ini_file_watched(place: Place) -> Watched:
    return watched(ini_file(place))


def ini_file_by_service(place: Place) -> Store:
    return _ini(place, "IniFile", name_is="service")


def ini_file_without_mac(place: Place) -> Store:
    """After keyrings.alt."""
    return _ini(place, "IniFileWithoutMac")


def _ini(place: Place, name: str, **options: str) -> Store:
    file = place.folder / "home" / "passwords.cfg"
    subject = Subject(
        backend=f"weaknesses.models.ini_file:{name}", options={"path": str(file), **options}, answers=ours.RIGHT_ANSWERS
    )
    return Store(subject=subject, folder=file.parent, file_of=lambda _: file)


def forgiving_file(place: Place) -> Store:
    """After aws-sso-cli."""
    return _template(place, "weaknesses.models.forgiving_file:ForgivingFile", file="store.json")


def names_as_paths(place: Place) -> Store:
    """After 99designs/keyring's ``pass`` backend, which joins folder and name."""
    return _template(place, "weaknesses.models.names_as_paths:NamesAsPaths")


def broken_case(place: Place) -> Store:
    return _template(place, "contract.broken_backends:LosesCase")


def broken_atomicity(place: Place) -> Store:
    return _template(place, "contract.broken_backends:NotAtomic")


def _template(place: Place, backend: str, file: str | None = None) -> Store:
    folder = place.folder / "store"
    folder.mkdir(mode=0o700)
    subject = Subject(backend=backend, options={"path": str(folder), "new": "true"})
    return Store(subject=subject, folder=folder, file_of=lambda name: folder / (file or name.name))


@needs(pytest.mark.peer("pass", "gpg"))
def pass_by_exit_code(place: Place) -> Store:
    return _pass(place, f"{PASS_MODELS}:PassByExitCode")


@needs(pytest.mark.peer("pass", "gpg"))
def pass_first_line(place: Place) -> Store:
    return _pass(place, f"{PASS_MODELS}:PassFirstLine")


def _pass(place: Place, backend: str) -> Store:
    store = ours.password_store(place)
    return replace(store, subject=replace(store.subject, backend=backend))
