"""The generic driver over a backend of ``keyring``, and over some that are wrong."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pyvault.errors import (
    BackendError,
    BackendLockedError,
    BackendTimeoutError,
    BackendUnavailableError,
    ConfigError,
    ItemCorruptError,
)
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.storage.backend_choice import KWALLET
from pyvault.storage.how_to_add import how_to_add
from pyvault.testing import BackendContract, Capabilities, Subject
from pyvault_backends.keyring_backend import KeyringAdapter

PROD = credential_name("prod")


@pytest.fixture(autouse=True)
def passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXT_KEYRING", str(tmp_path / "passwords.json"))
    return tmp_path / "passwords.json"


class TestKeyring(BackendContract):
    @pytest.fixture
    def subject(self, passwords: Path) -> Subject:
        def break_store() -> None:
            passwords.write_text("no passwords")

        options = {"class": "fakes.text_keyring.FileKeyring"}
        return Subject(backend="keyring", options=options, break_store=break_store)

    @pytest.fixture
    def capabilities(self, writes: int) -> Capabilities:
        return Capabilities(writes=writes)


def opened(name: str = "FileKeyring") -> KeyringAdapter:
    options = {"class": f"fakes.text_keyring.{name}"}
    return KeyringAdapter.open(options, lambda question: pytest.fail(f"asked for {question.key}"))


def test_a_keyring_that_keeps_nothing_is_noticed() -> None:
    with pytest.raises(BackendError, match="did not keep"):
        opened("ForgetfulKeyring").put(PROD, Secret(b"x"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("LockedKeyring", BackendLockedError), ("SilentKeyring", BackendTimeoutError), ("BrokenKeyring", BackendError)],
)
def test_what_a_keyring_raises_becomes_ours_without_its_text(name: str, expected: type[BackendError]) -> None:
    backend = opened(name)
    for attempt in (lambda: backend.get(PROD), lambda: backend.put(PROD, Secret(b"x")), backend.names):
        with pytest.raises(expected) as caught:
            attempt()
        assert type(caught.value) is expected
        assert "PLANTED" not in str(caught.value)


@pytest.mark.parametrize(
    "target",
    [
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "keyring.backends.chainer.ChainerBackend",
        "keyrings.alt.file.PlaintextKeyring",
        "pyvault_backends.keyring_bridge.PyvaultKeyring",
        "no.such.module.Keyring",
        "keyring.errors.KeyringError",
        "not a class",
        "Keyring",
        "",
    ],
)
def test_what_is_no_keeper_of_secrets_is_refused(target: str) -> None:
    with pytest.raises((BackendUnavailableError, ConfigError)):
        KeyringAdapter.open({"class": target}, lambda question: pytest.fail(f"asked for {question.key}"))


def test_nothing_is_chosen_without_a_name() -> None:
    seen = KeyringAdapter.probe({})
    assert (seen.available, seen.reason) == (False, "no backend of keyring is named")
    assert "kwallet" in (seen.hint or "")


def test_a_damaged_index_is_an_error_not_an_empty_list(passwords: Path) -> None:
    opened().put(PROD, Secret(b"x"))
    whole = passwords.read_text()
    for old, new in (("credential/prod", "credential-prod"), ('\\"v\\": 1', '\\"v\\": 9'), ("names", "nmaes")):
        assert old in whole
        passwords.write_text(whole.replace(old, new))
        with pytest.raises(ItemCorruptError):
            opened().names()


@pytest.mark.parametrize(
    ("options", "module", "distribution"),
    [
        ({"class": "kwallet"}, "dbus", "dbus-python"),
        (KWALLET, "dbus", "dbus-python"),  # what AWS_VAULT_BACKEND=kwallet implies
        ({"class": "keyring.backends.kwallet.DBusKeyringKWallet4"}, "dbus", "dbus-python"),
        ({"class": "libsecret"}, "gi", "PyGObject"),
    ],
)
def test_a_keyring_without_its_library_is_not_available_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, options: Mapping[str, str], module: str, distribution: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    seen = KeyringAdapter.probe(options)
    assert (seen.available, seen.hint) == (False, how_to_add(distribution))
    with pytest.raises(BackendUnavailableError, match=f"the library '{distribution}' is not installed") as caught:
        KeyringAdapter.open(options, lambda question: pytest.fail(f"asked for {question.key}"))
    assert caught.value.hint == how_to_add(distribution)
