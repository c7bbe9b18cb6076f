"""Other programs' passwords in the vault file: opt-in, apart from AWS credentials."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError

from pyvault.names import Kind, credential_name
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.key_file import create_key_file
from pyvault_backends.file import FileBackend
from pyvault_backends.keyring_bridge import PyvaultKeyring

CLASS = "pyvault_backends.keyring_bridge.PyvaultKeyring"


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileBackend:
    create_key_file(tmp_path / "key")
    monkeypatch.setenv("PYVAULT_FILE", str(tmp_path / "vault.pyv"))
    monkeypatch.setenv("PYVAULT_KEYFILE", str(tmp_path / "key"))
    options = {"path": str(tmp_path / "vault.pyv"), "keyfile": str(tmp_path / "key")}
    return FileBackend.open(options, lambda question: pytest.fail(f"asked for {question.key}"))


def test_a_password_is_kept_replaced_and_deleted(vault: FileBackend) -> None:
    keyring = PyvaultKeyring()
    assert keyring.get_password("pypi", "me") is None
    keyring.set_password("pypi", "me", "pä\nss")
    assert keyring.get_password("pypi", "me") == "pä\nss"
    keyring.set_password("pypi", "me", "")
    assert keyring.get_password("pypi", "me") == ""
    keyring.delete_password("pypi", "me")
    assert keyring.get_password("pypi", "me") is None
    with pytest.raises(PasswordDeleteError):
        keyring.delete_password("pypi", "me")


def test_names_that_a_joined_text_would_mix_stay_two(vault: FileBackend) -> None:
    keyring = PyvaultKeyring()
    pairs = [("a@b", "c"), ("a", "b@c"), ("a:b", "c"), ("a", "b:c"), ("a", "B:c"), ("https://x/y", "?")]
    for number, (service, username) in enumerate(pairs):
        keyring.set_password(service, username, str(number))
    assert [keyring.get_password(*pair) for pair in pairs] == [str(number) for number in range(len(pairs))]


def test_a_user_is_found_for_a_service(vault: FileBackend) -> None:
    keyring = PyvaultKeyring()
    keyring.set_password("pypi-test", "other", "x")
    assert keyring.get_credential("pypi", None) is None
    keyring.set_password("pypi", "me", "secret")
    found = keyring.get_credential("pypi", None)
    assert found is not None
    assert (found.username, found.password) == ("me", "secret")


def test_aws_credentials_are_out_of_its_reach(vault: FileBackend) -> None:
    vault.put(credential_name("prod"), Secret(b"aws"))
    keyring = PyvaultKeyring()
    keyring.set_password("credential", "prod", "x")
    assert {name.kind for name in vault.names()} == {Kind.CREDENTIAL, Kind.BRIDGE}
    keyring.delete_password("credential", "prod")
    assert vault.get(credential_name("prod")) == Secret(b"aws")
    assert keyring.get_password("credential/prod", "") is None


def test_without_a_key_it_is_locked_and_never_waits(vault: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    PyvaultKeyring().set_password("a", "b", "c")
    monkeypatch.delenv("PYVAULT_KEYFILE")
    monkeypatch.setenv("PYVAULT_PASSPHRASE", "wrong")
    with pytest.raises(KeyringLocked):
        PyvaultKeyring().get_password("a", "b")
    monkeypatch.setenv("PYVAULT_KDF", "nonsense")
    with pytest.raises(KeyringError):
        PyvaultKeyring().get_password("a", "b")


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "keyring", *words],
        input="from stdin",
        env=dict(os.environ) | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_keyring_command_works_headless_when_it_is_named(vault: FileBackend) -> None:
    assert run("set", "pypi", "me", PYTHON_KEYRING_BACKEND=CLASS).returncode == 0
    assert run("get", "pypi", "me", PYTHON_KEYRING_BACKEND=CLASS).stdout == "from stdin\n"
    assert [name.kind for name in vault.names()] == [Kind.BRIDGE]


def test_at_a_terminal_a_mistyped_passphrase_is_asked_for_again(tmp_path: Path) -> None:
    environ = {"PYVAULT_FILE": str(tmp_path / "vault.pyv"), "PYTHON_KEYRING_BACKEND": CLASS, "PYVAULT_KDF": "min"}
    assert run("set", "pypi", "me", PYVAULT_PASSPHRASE="right", **environ).returncode == 0
    words = ["-m", "keyring", "get", "pypi", "me"]
    child = pexpect.spawn(
        sys.executable, words, env=dict(os.environ) | environ, encoding="utf-8", timeout=60, dimensions=(24, 400)
    )
    child.expect("passphrase for '.*': ")
    child.sendline("wrong")
    child.expect("wrong passphrase, try again; passphrase for '.*': ")
    child.sendline("right")
    child.expect("from stdin")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_it_is_never_taken_by_itself(vault: FileBackend) -> None:
    code = "import keyring, keyring.backend as b; b.get_all_keyring(); print(type(keyring.get_keyring()).__module__)"
    chosen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert chosen == "keyring.backends.fail\n"
