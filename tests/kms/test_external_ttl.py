"""``[unlock] external_ttl``: what a KMS key opened is kept for so long, and without the setting not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import run_pyvault
from fake_kms import KEY, FakeKms
from headless import ASKS, PASSPHRASE, Login
from login_keys import end_keys

pytestmark = pytest.mark.kernel_keyring


class Runner(Login):
    """A machine that has a role and nothing else, and a home that lasts."""

    def __init__(self, home: Path, kms: FakeKms) -> None:
        super().__init__(home)
        self.kms = kms
        self.environ |= {**kms.environ(), "PYVAULT_FILE": str(home / "team" / "vault.pyv")}
        admin = {**self.environ, "PYVAULT_KEYFILE": str(home / "my.key")}
        for words in (
            ("vault", "init", "--keyfile", str(home / "my.key")),
            ("vault", "slot", "add", "--kms", KEY),
        ):
            assert run_pyvault(home, *words, env=admin).code == 0
        self.admin = admin
        self.environ["PYVAULT_KMS_KEY"] = KEY  # trusted from here on: it was opened with the key file

    def set(self, setting: str) -> None:
        config = self.home / ".config/pyvault/config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f"[unlock]\n{setting}\n")

    def decrypts(self) -> int:
        return sum(call.operation == "Decrypt" for call in self.kms.calls)

    def kept(self) -> list[str]:
        return [path.name for path in self.runtime.rglob("*.kept")]


@pytest.fixture
def runner(tmp_path: Path, kms: FakeKms) -> Iterator[Runner]:
    made = Runner(tmp_path, kms)
    yield made
    end_keys(made.runtime, made.state)


@pytest.mark.parametrize("setting", ["", "ttl = '2h'", "external_ttl = 0"])
def test_without_it_each_command_asks_and_nothing_is_kept(runner: Runner, setting: str) -> None:
    runner.set(setting)
    for number in (1, 2):
        assert runner.is_open()
        assert runner.decrypts() == number
    refused = runner.run("unlock")
    assert (refused.code, "unlock.external_ttl" in refused.err) == (4, True), refused.err
    assert (runner.kept(), runner.decrypts()) == ([], 2), "and unlock calls nobody for nothing"
    runner.kms.refusals[KEY] = "AccessDeniedException"
    assert not runner.is_open(), "a grant that is withdrawn counts at once"


def test_with_it_the_next_commands_ask_nobody_until_lock(runner: Runner) -> None:
    runner.set("external_ttl = '10m'")
    assert runner.is_open()
    runner.kms.refusals[KEY] = "AccessDeniedException"
    assert runner.is_open()
    assert runner.decrypts() == 1
    assert json.loads(runner.run("vault", "info", "--json").out)["unlocked"]["by"] == "kernel keyring"
    assert "what a KMS key opened, for 10m0s; the vault is unlocked until" in runner.run("doctor").out
    assert runner.run("vault", "cat", "credential", "x", "--yes").code == 4, "who hands out for good always asks"
    assert runner.run("lock").code == 0
    assert not runner.is_open()


def test_unlock_opens_it_ahead_and_says_for_how_long(runner: Runner) -> None:
    runner.set("external_ttl = '10m'")
    for words, told in (
        (("unlock",), "for 10m0s."),
        (("unlock", "--for", "5m"), "for 5m0s."),
        (("unlock", "--for", "2h"), "for 10m0s."),
    ):
        ended = runner.run(*words)
        assert (ended.code, told in ended.err) == (0, True), ended.err
    runner.kms.refusals[KEY] = "DisabledException"
    assert runner.is_open()
    assert runner.run("lock").code == 0
    refused = runner.run("unlock")
    assert (refused.code, "DisabledException" in refused.err) == (4, True), refused.err


def test_after_the_time_nothing_however_often_it_was_used(runner: Runner) -> None:
    runner.set("external_ttl = '2s'")
    assert runner.is_open()
    runner.kms.refusals[KEY] = "AccessDeniedException"
    while runner.is_open():  # each is a use
        pass
    assert runner.decrypts() > 1


def test_what_ends_it_before(runner: Runner) -> None:
    def opened_and_refused() -> None:
        runner.set("external_ttl = '10m'")
        runner.kms.refusals.clear()
        assert runner.is_open()
        runner.kms.refusals[KEY] = "AccessDeniedException"
        assert runner.is_open()

    opened_and_refused()
    runner.set("")
    assert not runner.is_open(), "the setting is gone"
    opened_and_refused()
    runner.set("external_ttl = '10m'\nttl = 0")
    assert not runner.is_open(), "nothing at all is kept"
    opened_and_refused()
    runner.kms.refusals.clear()
    rekeyed = run_pyvault(runner.home, "vault", "rekey", env={**runner.admin, "PYVAULT_KMS_KEY": KEY})
    assert rekeyed.code == 0, rekeyed.err
    runner.kms.refusals[KEY] = "AccessDeniedException"
    assert not runner.is_open(), "another data key"


def test_a_person_who_has_both_is_asked_where_kms_refuses(runner: Runner) -> None:
    added = run_pyvault(
        runner.home, "vault", "slot", "add", "--passphrase", env={**runner.admin, "PYVAULT_NEW_PASSPHRASE": PASSPHRASE}
    )
    assert added.code == 0, added.err
    runner.set("external_ttl = '10m'")
    assert ASKS not in runner.at_terminal("unlock")
    runner.run("lock")
    runner.kms.refusals[KEY] = "DisabledException"
    assert "for 1h0m0s after each use" in runner.at_terminal("unlock")
    assert runner.is_open()
    runner.run("lock")
    runner.set("")
    runner.kms.refusals.clear()
    assert runner.at_terminal("unlock").count(ASKS) == 1, "without the setting unlock asks the person"


@pytest.mark.parametrize(
    ("value", "told"), [("'13h'", "12 hours"), ("'soon'", "unlock.external_ttl"), ("[]", "must be")]
)
def test_no_duration(runner: Runner, value: str, told: str) -> None:
    runner.set(f"external_ttl = {value}")
    ended = runner.run("vault", "entries")
    assert (ended.code, told in ended.err) == (5, True), ended.err
