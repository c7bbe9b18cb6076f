"""aws-vault's stores, read in place: files, pass, Secret Service, Credential Manager, keychain; KWallet: see test_kwallet."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest
import secretstorage

from command_line import run_pyvault
from fakes.windows_machine import be_windows
from peers.aws_vault_items import DATA, SESSION, check_prod, item, nobody
from peers.desktop import gnome_keyring, make_collection, open_connection, session_bus
from peers.gpg_home import password_store
from peers.jwe_writer import encrypt
from pyvault.backend import Question
from pyvault.errors import (
    BackendUnavailableError,
    ConfigError,
    ItemCorruptError,
    ItemNotFoundError,
    WrongKeyError,
)
from pyvault.migration.between_stores import MigrationOptions, MigrationOutcome, move
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.storage.registry import open_aws_vault_store
from pyvault.storage.typed_store import CredentialStore
from pyvault_backends.memory import MemoryBackend


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    for name in ("prod", "a/b", "100%", SESSION, "oidc:https://x.awsapps.com/start"):
        (folder / name.replace("%", "%25").replace("/", "%2F")).write_text(encrypt(item(name), "secret"))
    (folder / ".dotted").write_text(encrypt(item(".dotted"), "secret"))
    (folder / "sub").mkdir()
    return folder


def test_files(files: Path) -> None:
    asked: list[str] = []

    def human(question: Question) -> Secret[str]:
        asked.append(question.key)
        return Secret("secret")

    backend = open_aws_vault_store("file", {"path": str(files)}, human)
    assert asked == []
    check_prod(backend, names={"prod", "a/b", "100%", ".dotted"})
    assert backend.get(credential_name("100%"))
    assert asked == ["aws-vault-passphrase"]


def test_files_that_are_wrong_are_named(files: Path) -> None:
    (files / "dev").write_bytes((files / "prod").read_bytes())
    (files / "cut").write_text((files / "prod").read_text()[:-9])
    (files / "binary").write_bytes(b"\xff\0")
    (files / "temporary").write_text(encrypt(item("temporary", SessionToken="t"), "secret"))
    (files / "keyless").write_text(encrypt(item("keyless", SecretAccessKey=""), "secret"))
    (files / "other").write_text(encrypt(item("other"), "another passphrase"))
    backend = open_aws_vault_store("file", {"path": str(files)}, lambda _: Secret("secret"))
    for name in ("dev", "cut", "binary", "temporary", "keyless"):  # dev: W4, aws-vault itself would take it
        with pytest.raises(ItemCorruptError, match=name):
            backend.get(credential_name(name))
    with pytest.raises(WrongKeyError, match="other"):
        backend.get(credential_name("other"))


def test_no_folder_and_no_such_store() -> None:
    with pytest.raises(BackendUnavailableError):
        open_aws_vault_store("file", {}, nobody)
    for kind in ("keyctl", "op", "keychain", "wincred", "secret-service", "kwallet"):
        with pytest.raises(BackendUnavailableError):
            open_aws_vault_store(kind, {}, nobody)
    with pytest.raises(ConfigError):
        open_aws_vault_store("file", {"pth": "x"}, nobody)


@pytest.mark.peer("pass", "gpg")
def test_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with password_store(tmp_path) as environ:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        for entry in ("aws/prod", "aws/team/dev", f"aws/{SESSION}", "mail"):
            subprocess.run(
                ["pass", "insert", "-m", entry],
                input=item(entry.removeprefix("aws/")),
                check=True,
                stdout=subprocess.DEVNULL,
            )
        check_prod(open_aws_vault_store("pass", {"prefix": "aws"}, nobody), names={"prod", "team/dev"})
        subprocess.run(["pass", "insert", "-m", "note"], input=b"hunter2", check=True, stdout=subprocess.DEVNULL)
        shared = CredentialStore(open_aws_vault_store("pass", {}, nobody))
        done = list(move(shared, CredentialStore(MemoryBackend()), ["note", "mail", "aws/prod"], MigrationOptions()))
        assert [moved.outcome for moved in done] == [
            MigrationOutcome.FOREIGN,
            MigrationOutcome.COPIED,
            MigrationOutcome.FAILED,
        ]
        assert done[2].problem is not None
        assert done[2].problem.hint == "--pass-prefix aws reads that folder"
        backend = open_aws_vault_store("pass", {"prefix": "aws"}, nobody)
        with pytest.raises(ItemNotFoundError):
            backend.get(credential_name("../mail"))
        (tmp_path / "store/aws/prod.gpg").write_bytes((tmp_path / "store/aws/team/dev.gpg").read_bytes())
        with pytest.raises(ItemCorruptError, match="team/dev"):
            backend.get(credential_name("prod"))


@pytest.mark.peer("pass", "gpg")
def test_source_and_target_in_one_password_store_have_options_of_their_own(tmp_path: Path) -> None:
    with password_store(tmp_path) as environ:
        command = ["pass", "insert", "-m", "aws/prod"]
        subprocess.run(command, env=os.environ | environ, input=item("prod"), check=True, stdout=subprocess.DEVNULL)
        env = {**environ, "PYVAULT_BACKEND": "pass"}
        words = ("import", "aws-vault", "--backend", "pass", "--backend-option")
        refused = run_pyvault(tmp_path, *words, "prefix=aws", env=env)
        assert refused.code == 2
        assert "the backend option 'prefix' does not say which of the two stores it is for" in refused.err
        assert "aws-vault.prefix=" in refused.err
        own = ("aws-vault.prefix=aws", "--backend-option", "pass.prefix=mine")
        done = run_pyvault(tmp_path, *words, *own, env=env)
        assert done.code == 0, done.err
        flag = run_pyvault(tmp_path, *words[:-1], "--pass-prefix", "aws", env=env)
        assert flag.code == 0, flag.err
        folders = {file.relative_to(tmp_path / "store").parts[0] for file in (tmp_path / "store").rglob("*.gpg")}
        assert folders == {"aws", "mine", "pyvault"}
        assert [file.name for file in (tmp_path / "store/aws").iterdir()] == ["prod.gpg"]


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    with session_bus(tmp_path) as address, gnome_keyring(address, tmp_path):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.mark.peer("dbus-daemon", "gnome-keyring-daemon")
def test_secret_service(desktop: str) -> None:
    with pytest.raises(BackendUnavailableError, match="awsvault"):
        open_aws_vault_store("secret-service", {}, nobody)
    make_collection(desktop, "awsvault")
    with closing(open_connection(desktop)) as connection:
        collections = secretstorage.get_all_collections(connection)
        (collection,) = [found for found in collections if found.get_label() == "awsvault"]
        for name in ("prod", "dev", SESSION):
            collection.create_item(name, {"profile": name}, item(name))
    check_prod(open_aws_vault_store("secret-service", {}, nobody), names={"prod", "dev"})


def test_credential_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_windows(tmp_path, monkeypatch)
    with pytest.raises(ItemNotFoundError):
        open_aws_vault_store("wincred", {}, nobody).get(credential_name("prod"))
    blob = base64.b64encode(json.dumps(DATA).encode()).decode()
    targets = {f"aws-vault:aws-vault:{name}": name for name in ("prod", SESSION)}
    (tmp_path / "credentials.json").write_text(
        json.dumps({target: {"TargetName": target, "CredentialBlob": blob} for target in targets})
    )
    check_prod(open_aws_vault_store("wincred", {}, nobody), names={"prod"})


def test_keychain(monkeypatch: pytest.MonkeyPatch) -> None:
    from pyvault_backends.aws_vault_desktop import AwsVaultKeychain

    class Keyring:
        """What keyring's macOS class does, as far as it is used."""

        def get_password(self, service: str, account: str) -> str | None:
            return json.dumps(DATA) if (service, account) == ("aws-vault", "prod") else None

    check_prod(AwsVaultKeychain(Keyring(), ["prod", "dev"]), names={"prod"})  # type: ignore[arg-type]  # enough of one
