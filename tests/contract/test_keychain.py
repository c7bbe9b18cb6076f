"""The keychain driver and keyring's unmodified macOS module over a stand-in for Security.framework.

It proves marshalling, key names, error mapping and what a crash between delete
and add leaves; it proves nothing about Apple's keychain itself.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

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

MACOS = Path(__file__).parents[1] / "fakes" / "macos"
PROD = credential_name("prod")

pytestmark = pytest.mark.peer("gcc")


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("security") / "libfakesecurity.so"
    source = MACOS / "fakesecurity.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", built, source], check=True)
    return built


@pytest.fixture(autouse=True)
def keychain(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(MACOS))
    monkeypatch.setenv("FAKE_SECURITY", str(library))
    monkeypatch.setenv("FAKE_KEYCHAIN", str(tmp_path / "keychain"))
    return tmp_path / "keychain"


class TestKeychain(BackendContract):
    @pytest.fixture
    def subject(self) -> Subject:
        return Subject(backend="fake_mac:Keychain")

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
def test_w24_each_status_has_its_own_error(keychain: Path, status: int, expected: type[BackendError]) -> None:
    backend = opened()
    Path(f"{keychain}.status").write_text(str(status))
    for attempt in (lambda: backend.get(PROD), lambda: backend.put(PROD, Secret(b"x")), backend.names):
        with pytest.raises(expected) as caught:
            attempt()
        assert type(caught.value) is expected
        if expected is BackendLockedError:
            assert caught.value.hint == "security unlock-keychain"


class Crash(BaseException):
    """The process ends here."""


def run_crashing(work: Callable[[], None], calls: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Do the work, and end before the given one of its changes; True if it came to its own end."""
    from keyring.backends.macOS import api

    left = calls

    def crashing(real: Callable[..., int]) -> Callable[..., int]:
        def call(*arguments: object) -> int:
            nonlocal left
            left -= 1
            if left == 0:
                raise Crash
            return real(*arguments)

        return call

    with monkeypatch.context() as patches:
        for name in ("SecItemAdd", "SecItemDelete"):
            patches.setattr(api, name, crashing(getattr(api, name)))
        try:
            work()
        except Crash:
            return False
    return True


def found(backend: KeychainBackend) -> bytes | None:
    try:
        return backend.get(PROD).reveal()
    except ItemNotFoundError:
        return None


def test_w24_a_crash_between_delete_and_add_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    survivors: set[bytes | None] = set()
    for calls in range(1, 50):
        opened().put(PROD, Secret(b"old"))
        finished = run_crashing(lambda: opened().put(PROD, Secret(b"new")), calls, monkeypatch)
        survivors.add(found(opened()))
        assert opened().names() == [PROD]
        if finished:
            break
    assert finished
    assert survivors == {b"old", b"new"}


@pytest.mark.parametrize("work", ["put", "delete"])
def test_w24_a_crash_while_an_item_comes_or_goes_leaves_an_exact_list(
    work: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = credential_name("other")
    finished = False
    for calls in range(1, 50):
        backend = opened()
        backend.put(other, Secret(b"o"))
        if work == "delete":
            backend.put(PROD, Secret(b"x"))
            finished = run_crashing(lambda: opened().delete(PROD), calls, monkeypatch)
        else:
            finished = run_crashing(lambda: opened().put(PROD, Secret(b"x")), calls, monkeypatch)
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
