"""KWallet for real: our generic driver on it, and aws-vault's wallet read in place."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from command_line import run_pyvault
from peers.aws_vault_items import SESSION, check_prod, item, nobody
from peers.desktop import session_bus
from peers.kwallet import call, kwalletd, open_wallet, write_entry
from pyvault.errors import BackendLockedError, BackendUnavailableError, ItemCorruptError
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.storage.registry import open_aws_vault_store
from pyvault.testing import BackendContract, Capabilities, Subject
from pyvault_backends.keyring_backend import KeyringAdapter

pytestmark = [pytest.mark.slow, pytest.mark.peer("dbus-daemon", "kwalletd5")]
PROD = credential_name("prod")


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    with session_bus(tmp_path) as address, kwalletd(address, tmp_path):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture(scope="session")
def kept_bus(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, Path]]:
    """One bus for all that use dbus-python: it connects once in a process, and never again."""
    _need_binding()
    home = tmp_path_factory.mktemp("kwallet")
    with session_bus(home) as address, kwalletd(address, home):
        open_wallet(address, "kdewallet")
        yield address, home


@pytest.fixture
def kdewallet(kept_bus: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", kept_bus[0])
    return kept_bus


def _need_binding() -> None:
    """Keyring's KWallet driver speaks with dbus-python, which has to be compiled."""
    try:
        import dbus  # noqa: F401  # whether it is there
    except ImportError:
        if os.environ.get("PYVAULT_REQUIRE_PEERS") == "1":
            pytest.fail("needs dbus-python", pytrace=False)
        pytest.skip("needs dbus-python")


def test_the_generic_driver_keeps_items_in_kwallet(kdewallet: tuple[str, Path]) -> None:
    bus, home = kdewallet
    options = {"class": "kwallet"}
    with closing(KeyringAdapter.open(options, nobody)) as backend:
        for name, data in (("prod", b"pLaNtEd"), ("Prod", b"\0\xff" * 5000), ("team/ü", b"")):
            backend.put(credential_name(name), Secret(data))
        backend.put(PROD, Secret(b"pLaNtEd too"))
    with closing(KeyringAdapter.open(options, nobody)) as backend:
        assert {name.name for name in backend.names()} == {"prod", "Prod", "team/ü"}
        assert backend.get(PROD) == Secret(b"pLaNtEd too")
        assert backend.get(credential_name("Prod")) == Secret(b"\0\xff" * 5000)
        backend.delete(PROD)
        assert {name.name for name in backend.names()} == {"Prod", "team/ü"}
    call(bus, "sync", "is", call(bus, "open", "sxs", "kdewallet", 0, "test"), "test")
    (stored,) = home.rglob("kdewallet.kwl")
    assert b"pLaNtEd" not in stored.read_bytes()


class TestContract(BackendContract):
    @pytest.fixture
    def subject(self, kdewallet: tuple[str, Path], tmp_path: Path) -> Subject:
        prefix = f"{tmp_path.name}:"  # the wallet is kept, so each case has services of its own
        return Subject(backend="keyring", options={"class": "kwallet", "prefix": prefix})

    @pytest.fixture
    def capabilities(self) -> Capabilities:
        return Capabilities(breakable=False, writes=20)


def test_aws_vaults_wallet(bus: str) -> None:
    open_wallet(bus, "aws-vault")
    for name in ("prod", "a/b", SESSION, "oidc:https://x.awsapps.com/start"):
        write_entry(bus, "aws-vault", "aws-vault", name, item(name))
    write_entry(bus, "aws-vault", "Passwords", "mail", item("mail"))
    check_prod(open_aws_vault_store("kwallet", {}, nobody), names={"prod", "a/b"})
    write_entry(bus, "aws-vault", "aws-vault", "prod", item("dev"))
    backend = open_aws_vault_store("kwallet", {}, nobody)
    with closing(backend), pytest.raises(ItemCorruptError, match="dev"):
        backend.get(PROD)
    with closing(open_aws_vault_store("kwallet", {"folder": "none"}, nobody)) as backend:
        assert backend.names() == []


def test_the_command_takes_over_what_the_wallet_holds(bus: str, private_home: Path) -> None:
    open_wallet(bus, "aws-vault")
    for name in ("prod", SESSION):
        write_entry(bus, "aws-vault", "aws-vault", name, item(name))
    env = {"DBUS_SESSION_BUS_ADDRESS": bus, "PYVAULT_KEYFILE": "key", "AWS_VAULT_BACKEND": "kwallet"}
    made = run_pyvault(private_home, "vault", "init", "--keyfile", "key", env=env)
    assert made.code == 0, made.err
    done = run_pyvault(private_home, "import", "aws-vault", env=env)
    assert done.code == 0, done.err
    assert "1 copied" in done.err
    assert "pLaNtEd" not in done.err + done.out
    assert run_pyvault(private_home, "list", "--credentials", env=env).out == "prod\n"


def test_no_wallet_is_made_by_looking_and_a_closed_one_is_not_waited_for(bus: str) -> None:
    with pytest.raises(BackendUnavailableError, match="no wallet 'aws-vault'"):
        open_aws_vault_store("kwallet", {}, nobody)
    open_wallet(bus, "aws-vault")
    write_entry(bus, "aws-vault", "aws-vault", "prod", item("prod"))
    assert call(bus, "close", "sb", "aws-vault", True) == 0
    with pytest.raises(BackendLockedError):
        open_aws_vault_store("kwallet", {}, nobody)


def test_a_bus_without_kwallet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with session_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        with pytest.raises(BackendUnavailableError, match="no KWallet"):
            open_aws_vault_store("kwallet", {}, nobody)
