"""The good way on moto's KMS: a machine with a role and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import Ended, Environ, run_pyvault
from moto_kms import KEYS, MotoKms, need_moto

pytestmark = pytest.mark.usefixtures("moto")


@pytest.fixture(scope="session")
def running() -> Iterator[MotoKms]:
    need_moto()
    with MotoKms() as server:
        yield server


@pytest.fixture
def moto(running: MotoKms) -> MotoKms:
    return running


class Team:
    """A person with a key file at one machine, and a runner without memory at another."""

    def __init__(self, folder: Path, moto: MotoKms) -> None:
        self.person, self.runner, self.moto = folder / "person", folder / "runner", moto
        for home in (self.person, self.runner):
            home.mkdir()
        self.key = moto.make_key()
        self.path = folder / "team" / "vault.pyv"

    def pyvault(self, *words: str, env: Environ | None = None) -> Ended:
        """Run a command at the person's machine."""
        named = {"PYVAULT_FILE": str(self.path), "PYVAULT_KEYFILE": str(self.person / "my.key")}
        return run_pyvault(self.person, *words, env={**named, **self.moto.environ(), **KEYS, **(env or {})})

    def at_runner(self, *words: str, env: Environ | None = None) -> Ended:
        named = {"PYVAULT_FILE": str(self.path), "PYVAULT_KMS_KEY": self.key}
        return run_pyvault(self.runner, "--no-input", *words, env={**named, **self.moto.environ(), **(env or {})})

    def forget(self) -> None:
        """Make the runner a new one."""
        self.runner = self.runner.with_name(self.runner.name + "-next")
        self.runner.mkdir()


@pytest.fixture
def team(tmp_path: Path, moto: MotoKms) -> Team:
    team = Team(tmp_path, moto)
    assert team.pyvault("vault", "init", "--keyfile", str(team.person / "my.key")).code == 0
    assert team.pyvault("add", "deploy", "--env", "--no-verify").code == 0
    return team


def fingerprint(team: Team) -> str:
    return str(json.loads(team.pyvault("vault", "verify", "--json").out)["fingerprint"])


def test_a_runner_opens_the_vault_with_its_role_and_the_fingerprint(team: Team) -> None:
    added = team.pyvault("vault", "slot", "add", "--kms", team.key, "--label", "runners")
    assert added.code == 0, added.err
    expected = {"PYVAULT_EXPECT_FINGERPRINT": fingerprint(team)}
    assert f"PYVAULT_KMS_KEY={team.key}" in added.err
    assert f"PYVAULT_EXPECT_FINGERPRINT={fingerprint(team)}" in added.err
    refused = team.at_runner("vault", "cat", "credential", "deploy", "--yes")
    assert (refused.code, refused.out) == (7, "")
    assert "PYVAULT_EXPECT_FINGERPRINT" in refused.err
    read = team.at_runner("vault", "cat", "credential", "deploy", "--yes", env=expected)
    assert (read.code, json.loads(read.out)["AccessKeyId"]) == (0, KEYS["AWS_ACCESS_KEY_ID"])
    assert team.at_runner("vault", "verify").code == 0, "it is remembered now"
    team.forget()
    assert team.at_runner("vault", "verify").code == 7

    listed = team.pyvault("vault", "slot", "list").out
    assert f"kms  {team.key}  'runners'" in listed
    assert f"kms  {team.key}" in team.at_runner("vault", "info").out, "without a key"
    told = json.loads(team.at_runner("vault", "info", "--json").out)["slots"]
    assert [slot["kms_key"] for slot in told] == [None, team.key]


def test_rekey_keeps_the_slot_and_changes_the_fingerprint(team: Team) -> None:
    assert team.pyvault("vault", "slot", "add", "--kms", team.key).code == 0
    before = fingerprint(team)
    seen = {"PYVAULT_EXPECT_FINGERPRINT": before}
    assert team.at_runner("vault", "verify", env=seen).code == 0
    stopped = team.pyvault("--no-input", "vault", "rekey")
    assert (stopped.code, "kms" in stopped.err) == (4, True), "the key is not named, so the slot would be lost"
    rekeyed = team.pyvault("vault", "rekey", env={"PYVAULT_KMS_KEY": team.key})
    assert rekeyed.code == 0, rekeyed.err
    assert fingerprint(team) != before
    assert team.at_runner("vault", "verify").code == 0, "the remembered slot and its key open what was rekeyed"
    team.forget()
    assert team.at_runner("vault", "verify", env=seen).code == 7
    both = {"PYVAULT_EXPECT_FINGERPRINT": f"{before},{fingerprint(team)}"}
    assert team.at_runner("vault", "verify", env=both).code == 0


def test_a_key_that_is_not_there_and_one_that_is_none(team: Team) -> None:
    content = team.path.read_bytes()
    for arn, code, told in (
        ("alias/team", 2, "is not the ARN of a KMS key"),
        (team.key.replace(":key/", ":alias/"), 2, "is not the ARN of a KMS key"),
        (team.key[:-4] + "0000", 6, "AWS refused kms:Encrypt: NotFoundException"),
    ):
        ended = team.pyvault("vault", "slot", "add", "--kms", arn)
        assert ended.code == code, ended.err
        assert told in ended.err
    assert team.path.read_bytes() == content


def test_the_settings_name_keys_by_patterns(team: Team) -> None:
    assert team.pyvault("vault", "slot", "add", "--kms", team.key).code == 0
    config = team.runner / "config.toml"
    seen = {"PYVAULT_EXPECT_FINGERPRINT": fingerprint(team), "PYVAULT_CONFIG": str(config), "PYVAULT_KMS_KEY": None}
    for keys, code in ((f'["{team.key[:-6]}*"]', 0), ('["arn:aws:kms:eu-west-3:*"]', 4), ('"one"', 5)):
        config.write_text(f"[unlock]\nkms_keys = {keys}\n")
        assert team.at_runner("vault", "verify", env=seen).code == code
