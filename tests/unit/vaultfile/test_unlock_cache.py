"""The unlock cache beside a vault, with its keys in a store."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from pyvault.backend import Backend, Question
from pyvault.clock import Moment
from pyvault.errors import BackendUnavailableError, InvalidSettingError
from pyvault.login.kept_keys import KeptKey, KeptKeys
from pyvault.login.lifetime import Lifetime
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.storage.kept_in_store import StoreKept
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.unlock_cache import DEFAULT_TTL, UnlockCache, find_ttl
from pyvault.vaultfile.vault import Vault
from pyvault_backends.memory import MemoryBackend
from unlock_machine import UnlockMachine
from vaults import WEAK, make_vault

NOW = Moment(wall=1_700_000_000_000, boot=1_000_000)
HOUR = timedelta(hours=1)


def nobody(question: Question) -> Secret[str]:
    raise AssertionError(question)


class InAStore(UnlockMachine):
    def keys_in(self, home: Path) -> KeptKeys:
        return StoreKept(lambda: MemoryBackend.open({"name": str(home)}, nobody), "unlock", lambda: self.now)


InAStore.TestCase.settings = settings(max_examples=30, stateful_step_count=25, derandomize=True, deadline=None)
TestInAStore = InAStore.TestCase


class TestKeysInAStore:
    """What macOS and Windows have."""

    def setup_method(self) -> None:
        self.name = str(uuid.uuid4())
        self.now = NOW
        self.keys = StoreKept(self.store, "unlock", lambda: self.now)

    def store(self) -> MemoryBackend:
        return MemoryBackend.open({"name": self.name}, nobody)

    def keep(self, name: str) -> KeptKey:
        kept = KeptKey(lifetime=Lifetime.begin(self.now, idle=HOUR, most=HOUR), key=Secret(b"key"))
        self.keys.keeper(seconds=1)(name, kept)
        return kept

    def test_one_that_is_over_is_deleted(self) -> None:
        kept = self.keep("a")
        assert self.keys.find("a") == kept
        self.now = Moment(wall=NOW.wall + 3_600_000, boot=NOW.boot)
        assert self.keys.find("a") is None
        assert self.store().names() == []

    def test_locking_removes_those_of_its_purpose(self) -> None:
        self.keep("a")
        self.keep("b")
        others = [ItemName(Kind.KEK, "sso:a"), ItemName(Kind.KEK, "0" * 32), ItemName(Kind.CREDENTIAL, "unlock:a")]
        for other in others:
            self.store().put(other, Secret(b"x"))
        assert self.keys.end()
        assert sorted(self.store().names()) == sorted(others)

    @pytest.mark.parametrize("content", [b"", b"\x01", b"\x02" + bytes(100), b"\x01" + bytes(50)])
    def test_an_item_of_another_form_is_none(self, content: bytes) -> None:
        self.store().put(ItemName(Kind.KEK, "unlock:a"), Secret(content))
        assert self.keys.find("a") is None

    def test_a_store_that_cannot_be_used_keeps_nothing(self) -> None:
        def broken() -> Backend:
            raise BackendUnavailableError("no store")

        keys = StoreKept(broken, "unlock", lambda: NOW)
        assert keys.find("a") is None
        assert not keys.end()
        keys.drop("a")
        with pytest.raises(OSError, match="no store"):
            keys.keeper(seconds=1)("a", KeptKey(lifetime=Lifetime.begin(NOW, idle=HOUR, most=HOUR), key=Secret(b"k")))


class Kept:
    """Keeps nothing and notes what it was to keep."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def find(self, name: str) -> KeptKey | None:
        return None

    look = find

    def keeper(self, *, seconds: int) -> object:
        return lambda name, _kept: self.kept.append(name)

    def drop(self, name: str) -> None:
        raise AssertionError(name)

    def end(self) -> bool:
        raise AssertionError


@pytest.mark.parametrize("by", ["key file", "passphrase of an option", "passphrase of a variable", "prompt"])
def test_only_a_person_fills_it(tmp_path: Path, by: str) -> None:
    from pyvault.vaultfile.unlock.new_slot import PassphraseSlot
    from vaults import CHEAP

    vault = make_vault(tmp_path, PassphraseSlot(passphrase=Secret("pw"), cost=CHEAP))
    keys = Kept()
    cache = UnlockCache(keys, idle=HOUR, now=lambda: NOW)  # type: ignore[arg-type]
    cache.prepare()

    def answer() -> Secret[str]:
        return Secret("pw")

    sources = UnlockSources(
        keyfile=tmp_path / "ci.key" if by == "key file" else None,
        passphrase=answer if by == "passphrase of an option" else None,
        passphrase_from_environment=answer if by == "passphrase of a variable" else None,
        passphrase_prompt=answer if by == "prompt" else None,
        cached_data_key=cache.find,
        keep_data_key=cache.keep,
    )
    Vault.open(vault.path, sources, options=WEAK).close()
    assert keys.kept == ([vault.vault_id.hex()] if by == "prompt" else [])


@pytest.mark.parametrize(
    ("variable", "setting", "ttl"),
    [
        (None, None, DEFAULT_TTL),
        ("", None, DEFAULT_TTL),
        ("0", None, None),
        ("0s", "5m", None),
        ("5m", "0", timedelta(minutes=5)),
        (None, "0", None),
        (None, "30m", timedelta(minutes=30)),
        ("12h", None, timedelta(hours=12)),
    ],
)
def test_for_how_long(variable: str | None, setting: str | None, ttl: timedelta | None) -> None:
    environ = {} if variable is None else {"PYVAULT_UNLOCK_TTL": variable}
    assert find_ttl(environ, setting) == ttl


@pytest.mark.parametrize(("variable", "named"), [("soon", "PYVAULT_UNLOCK_TTL"), ("12h1s", "12 hours"), ("-1", "-1")])
def test_no_duration(variable: str, named: str) -> None:
    with pytest.raises(InvalidSettingError, match=named):
        find_ttl({"PYVAULT_UNLOCK_TTL": variable}, None)
    with pytest.raises(InvalidSettingError, match=r"unlock\.ttl"):
        find_ttl({}, variable)
