"""The keychain driver and keyring's unmodified macOS module over a stand-in for Security.framework.

It proves marshalling, key names, error mapping and what a crash between delete
and add leaves; it proves nothing about Apple's keychain itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.crashing import run_crashing
from fakes.mac_machine import be_mac, build_security
from pyvault.errors import (
    AccessDeniedError,
    BackendError,
    BackendLockedError,
    BackendUnavailableError,
    ItemNotFoundError,
)
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.testing import BackendContract, Capabilities, Subject
from pyvault_backends.keychain import KeychainBackend

PROD = credential_name("prod")

pytestmark = pytest.mark.peer("gcc")


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_security(tmp_path_factory.mktemp("security"))


@pytest.fixture(autouse=True)
def keychain(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return be_mac(library, tmp_path, monkeypatch)


class TestKeychain(BackendContract):
    @pytest.fixture
    def subject(self, keychain: Path) -> Subject:
        def break_store() -> None:
            Path(f"{keychain}.status").write_text("-25291")  # errSecNotAvailable

        return Subject(backend="fake_mac:Keychain", break_store=break_store)

    @pytest.fixture
    def capabilities(self, writes: int) -> Capabilities:
        return Capabilities(writes=writes)


def opened() -> KeychainBackend:
    return Subject(backend="fake_mac:Keychain").open()  # type: ignore[return-value]  # a subclass of it


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (-128, BackendLockedError),
        (-25308, BackendLockedError),
        (-25293, AccessDeniedError),
        (-67030, AccessDeniedError),
        (-34018, AccessDeniedError),
        (-25291, BackendUnavailableError),
        (-50, BackendError),
    ],
)
def test_each_status_has_its_own_error(keychain: Path, status: int, expected: type[BackendError]) -> None:
    backend = opened()
    Path(f"{keychain}.status").write_text(str(status))
    for attempt in (lambda: backend.get(PROD), lambda: backend.put(PROD, Secret(b"x")), backend.names):
        with pytest.raises(expected) as caught:
            attempt()
        assert type(caught.value) is expected
        if expected is BackendLockedError:
            assert caught.value.hint == "security unlock-keychain"


def run_until(changes: int, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Do the work, and end before the given one of its changes; True if it came to its own end."""
    from keyring.backends.macOS import api

    names = ("SecItemAdd", "SecItemDelete")
    return run_crashing(work, changes, owner=api, names=names, monkeypatch=monkeypatch)


def found(backend: KeychainBackend) -> bytes | None:
    try:
        return backend.get(PROD).reveal()
    except ItemNotFoundError:
        return None


def test_a_crash_between_delete_and_add_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    survivors: set[bytes | None] = set()
    for calls in range(1, 50):
        opened().put(PROD, Secret(b"old"))
        finished = run_until(calls, lambda: opened().put(PROD, Secret(b"new")), monkeypatch)
        survivors.add(found(opened()))
        assert opened().names() == [PROD]
        if finished:
            break
    assert finished
    assert survivors == {b"old", b"new"}


@pytest.mark.parametrize("work", ["put", "delete"])
def test_a_crash_while_an_item_comes_or_goes_leaves_an_exact_list(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = credential_name("other")
    finished = False
    for calls in range(1, 50):
        backend = opened()
        backend.put(other, Secret(b"o"))
        if work == "delete":
            backend.put(PROD, Secret(b"x"))
            finished = run_until(calls, lambda: opened().delete(PROD), monkeypatch)
        else:
            finished = run_until(calls, lambda: opened().put(PROD, Secret(b"x")), monkeypatch)
        there = [PROD] if found(opened()) is not None else []
        assert sorted(opened().names()) == sorted([other, *there]), calls
        if there:
            opened().delete(PROD)
        if finished:
            break
    assert finished


def test_variables_meant_for_keyring_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    opened().put(PROD, Secret(b"x"))
    monkeypatch.setenv("KEYRING_PROPERTY_KEYCHAIN", "/elsewhere")
    monkeypatch.setenv("KEYRING_PROPERTY_GET_PASSWORD", "boom")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    assert opened().get(PROD) == Secret(b"x")


def test_elsewhere_it_is_not_available() -> None:
    assert KeychainBackend.probe({}).reason == "it is part of macOS"
    assert os.name == "posix"
