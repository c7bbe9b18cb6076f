"""Stores that replace an item by deleting and adding it, and a process that ends in between (W24)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import pytest

from fakes.crashing import run_crashing
from fakes.mac_machine import be_mac
from fakes.text_keyring import DeletingKeyring, FileKeyring
from pyvault.backend import Backend
from pyvault.testing import Subject
from weaknesses.models.raw_keyring import RawKeyring
from weaknesses.proof import Place, needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Keychain:
    """A store, and the calls that change what is below it.

    Attributes:
        owner: a module or class.
        changing: the names of its functions that change something.
    """

    open: Callable[[], Backend]
    owner: object
    changing: tuple[str, ...]
    monkeypatch: pytest.MonkeyPatch

    def crash_before(self, changes: int, work: Callable[[], None]) -> bool:
        """Do the work in a process that ends before the given change; True if it came to its own end."""
        return run_crashing(work, changes, owner=self.owner, names=self.changing, monkeypatch=self.monkeypatch)


def our_keyring(place: Place) -> Keychain:
    subject = Subject(backend="keyring", options={"class": "fakes.text_keyring.DeletingKeyring"})
    return _texts(place, subject.open)


def deleting_keyring(place: Place) -> Keychain:
    return _texts(place, lambda: RawKeyring(DeletingKeyring()))


def _texts(place: Place, opened: Callable[[], Backend]) -> Keychain:
    place.monkeypatch.setenv("TEXT_KEYRING", str(place.folder / "passwords.json"))
    changing = ("set_password", "delete_password")
    return Keychain(open=opened, owner=FileKeyring, changing=changing, monkeypatch=place.monkeypatch)


@needs(pytest.mark.peer("gcc"))
def our_keychain(place: Place) -> Keychain:
    """The keychain driver on keyring's macOS module, over the stand-in for Security.framework."""
    return _mac(place, Subject(backend="fake_mac:Keychain").open)


@needs(pytest.mark.peer("gcc"))
def keyrings_keychain(place: Place) -> Keychain:
    """keyring's macOS class itself."""
    return _mac(place, lambda: RawKeyring(import_module("keyring.backends.macOS").Keyring()))


def _mac(place: Place, opened: Callable[[], Backend]) -> Keychain:
    be_mac(place.fixture("security_library"), place.folder, place.monkeypatch)
    import_module("fake_mac")  # makes the module load the stand-in
    return Keychain(
        open=opened,
        owner=import_module("keyring.backends.macOS.api"),
        changing=("SecItemAdd", "SecItemDelete"),
        monkeypatch=place.monkeypatch,
    )
