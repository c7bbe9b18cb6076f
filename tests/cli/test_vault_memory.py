"""What the commands remember of a vault, expect of it, and say when it is gone."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from command_line import Environ, Pyvault
from fake_aws.client import FakeAws
from pyvault.names import ItemName, LaterKind
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.vault import Vault

LINES = b"AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG\n"
ADD = ("--stdin", "--no-verify")


def vault_of(home: Path) -> Path:
    return home / ".local/share/pyvault/vault.pyv"


def test_the_fingerprint_is_told_where_it_is_known(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> None:
    verified = json.loads(pyvault("vault", "verify", "--json", env=keyed).out)
    assert (verified["v"], verified["verified"], verified["entries"], verified["generation"]) == (1, True, 0, 1)
    assert len(verified["fingerprint"]) == 32
    assert verified["fingerprint"] in pyvault("vault", "verify", env=keyed).out
    known = pyvault("vault", "info", "--json")
    assert json.loads(known.out)["fingerprint"] == verified["fingerprint"]
    elsewhere = {"XDG_STATE_HOME": str(tmp_path / "another machine")}
    assert json.loads(pyvault("vault", "info", "--json", env=elsewhere).out)["fingerprint"] is None
    assert "fingerprint: unknown, never opened here" in pyvault("vault", "info", env=elsewhere).out
    made = pyvault("vault", "init", "--keyfile", str(tmp_path / "keyfile"), env={"PYVAULT_FILE": str(tmp_path / "v/v")})
    told = pyvault("vault", "info", "--json", env={"PYVAULT_FILE": str(tmp_path / "v/v")})
    assert json.loads(told.out)["fingerprint"] in made.err


def test_the_fingerprint_that_ci_expects(pyvault: Pyvault, keyed: Environ) -> None:
    ours = json.loads(pyvault("vault", "verify", "--json", env=keyed).out)["fingerprint"]
    for value, code in ((ours, 0), (f"{'0' * 32}, {ours.upper()}", 0), ("0" * 32, 7), ("nonsense", 5), (ours[:-2], 5)):
        ended = pyvault("list", env={**keyed, "PYVAULT_EXPECT_FINGERPRINT": value})
        assert ended.code == code, (value, ended.err)
    restored = pyvault("add", "a", *ADD, env=keyed, stdin=LINES)
    assert restored.code == 0
    for name in ("PYVAULT_EXPECT_FINGERPRINT", "PYVAULT_EXPECT_VAULT_ID"):
        for words in (["vault", "restore", "1"], ["vault", "accept"], ["vault", "verify"]):
            assert pyvault(*words, env={**keyed, name: "0" * 32}).code == 7, (name, words)


def test_a_foreign_backup_is_shown_and_refused(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> None:
    other = {"PYVAULT_FILE": str(tmp_path / "attacker/vault.pyv")}
    assert pyvault("vault", "init", "--keyfile", str(tmp_path / "keyfile"), env=other).code == 0
    shutil.copy2(tmp_path / "attacker/vault.pyv", f"{vault_of(tmp_path)}.bak.1")
    foreign = json.loads(pyvault("vault", "info", "--json", env=other).out)["vault_id"]
    assert foreign in pyvault("vault", "backups").out
    assert json.loads(pyvault("vault", "backups", "--json").out)["backups"][0]["vault_id"] == foreign
    ended = pyvault("vault", "restore", "1", env=keyed)
    assert (ended.code, f"is a backup of the vault {foreign}" in ended.err) == (7, True), ended.err


@pytest.mark.parametrize("expected", [None, "PYVAULT_EXPECT_VAULT_ID", "PYVAULT_EXPECT_FINGERPRINT"])
def test_a_vault_that_is_gone(pyvault: Pyvault, keyed: dict[str, str], tmp_path: Path, expected: str | None) -> None:
    path = vault_of(tmp_path)
    path.unlink()
    environ: dict[str, str | None] = dict(keyed)
    if expected:
        environ |= {expected: "0" * 32, "XDG_STATE_HOME": str(tmp_path / "fresh runner")}
    commands = (["list"], ["exec", "a", "--", "true"], ["remove", "a", "-f"], ["vault", "info"], ["vault", "accept"])
    for words in (["add", "c", *ADD], *commands):
        ended = pyvault(*words, env=environ, stdin=LINES)
        assert (ended.code, f"there is no vault at '{path}'" in ended.err) == (3, True), (words, ended.err)
        assert (ended.out, path.exists(), "first pyvault add" in ended.err) == ("", False, False)


def test_forgetting_and_making_anew(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> None:
    path = vault_of(tmp_path)
    vault_id = json.loads(pyvault("vault", "info", "--json").out)["vault_id"]
    path.unlink()
    told = pyvault("doctor", "--json", env=keyed).out
    (finding,) = [each for each in json.loads(told)["findings"] if each["check"] == "vault"]
    assert (finding["ok"], vault_id in finding["message"], "vault forget" in finding["hint"]) == (False, True, True)
    assert vault_id in pyvault("vault", "forget").err
    assert pyvault("vault", "forget").code == pyvault("vault", "forget", vault_id).code == 3
    assert pyvault("vault", "forget", "xyz").code == 2
    assert pyvault("add", "a", *ADD, env=keyed, stdin=LINES).code == 0
    anew = json.loads(pyvault("vault", "info", "--json").out)["vault_id"]
    path.unlink()
    assert pyvault("vault", "forget", anew).code == 0
    assert pyvault("vault", "forget").code == 3


@pytest.mark.parametrize("way", ["init", "restore"])
def test_init_and_restore_go_on_where_a_vault_is_gone(
    pyvault: Pyvault, keyed: Environ, tmp_path: Path, way: str
) -> None:
    assert pyvault("add", "a", *ADD, env=keyed, stdin=LINES).code == 0
    vault_of(tmp_path).unlink()
    words = ["vault", "init"] if way == "init" else ["vault", "restore", "1"]
    assert pyvault(*words, env=keyed).code == 0
    assert pyvault("list", env=keyed).code == 0


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_what_is_made_is_ours_alone_whatever_the_umask(
    pyvault: Pyvault, fake_aws: FakeAws, tmp_path: Path, umask: int
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    key = fake_aws.demo_key()
    environ = {
        "HOME": str(home),
        "PYVAULT_KEYFILE": str(home / "key"),
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        **fake_aws.environ(),
    }
    log = home / "log"
    old = os.umask(umask)
    try:
        for words in (
            ["vault", "init", "--keyfile", str(home / "key")],
            ["add", "demo", "--env", "--no-verify", "--mfa-serial", "arn:aws:iam::123456789012:mfa/demo"],
            ["add", "other", "--env", "--no-verify"],
            ["exec", "other", "--region", "eu-west-1", "--", "true"],
            ["exec", "other", "--region", "eu-west-1", "--ecs-server", "--access-log", str(log), "--", "true"],
            ["vault", "export", str(home / "there.pyv"), "--to", "keyfile"],
            ["doctor"],
            ["clear", "--all"],
        ):
            ended = pyvault(*words, env=environ)
            assert ended.code == 0 or words == ["doctor"], (words, ended.err)
    finally:
        os.umask(old)
    made = {path.relative_to(home): path.lstat().st_mode & 0o777 for path in home.rglob("*")}
    assert {str(path) for path in made} >= {".local/share", ".local/state/pyvault/trust.json", ".aws/config", "log"}
    assert {path: oct(mode) for path, mode in made.items() if mode & 0o077 or not mode & 0o400} == {}


def test_no_key_file_is_made_where_the_vault_can_not_be(pyvault: Pyvault, tmp_path: Path) -> None:
    place = tmp_path / "open"
    place.mkdir()
    place.chmod(0o777)
    ended = pyvault("vault", "init", "--keyfile", "key", env={"PYVAULT_FILE": str(place / "vault.pyv")})
    assert (ended.code, "writable by other users" in ended.err, (tmp_path / "key").exists()) == (5, True, False)
    insisted = {"PYVAULT_FILE": str(place / "vault.pyv"), "PYVAULT_INSECURE_DIRECTORY": "1"}
    assert pyvault("vault", "init", "--keyfile", "key", env=insisted).code == 0


@pytest.mark.parametrize("words", [["vault", "init"], ["add", "a", *ADD]], ids=["init", "first add"])
def test_outer_blanks_of_a_new_passphrase_are_told_of(pyvault: Pyvault, tmp_path: Path, words: list[str]) -> None:
    made = pyvault(*words, env={"PYVAULT_PASSPHRASE": "blank at the end "}, stdin=LINES)
    assert (made.code, "begins or ends with a blank" in made.err) == (0, True), made.err
    file = tmp_path / "passphrase"
    file.write_bytes(b"\xef\xbb\xbfblank at the end \r\n")
    file.chmod(0o600)
    assert pyvault("vault", "verify", env={"PYVAULT_PASSPHRASE_FILE": str(file)}).code == 0


def test_entries_of_a_later_kind_are_shown_and_the_rest_works(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> None:
    assert pyvault("add", "a", *ADD, env=keyed, stdin=LINES).code == 0
    sources = UnlockSources(keyfile=tmp_path / "keyfile")
    with Vault.open(vault_of(tmp_path), sources) as vault:
        vault.put(ItemName(LaterKind("hologram"), "of tomorrow"), Secret(b"x"))
    shown = pyvault("vault", "entries", env=keyed)
    assert (shown.code, "hologram" in shown.out, "come from a later one" in shown.err) == (0, True, True)
    listed = json.loads(pyvault("vault", "entries", "--json", env=keyed).out)
    assert [(entry["kind"], entry["name"]) for entry in listed][-1] == ("hologram", "of tomorrow")
    exported = pyvault("vault", "export", "out.pyv", "--to", "keyfile", env=keyed)
    assert (exported.code, "1 item of the kind 'hologram'" in exported.err) == (0, True), exported.err
    assert pyvault("vault", "rekey", env=keyed).code == 0
    assert pyvault("list", "--credentials", env=keyed).out == "a\n"
    assert "2 entries" in pyvault("vault", "verify", env=keyed).out


def test_a_slot_that_is_named_is_the_only_one_tried(pyvault: Pyvault, keyed: Environ) -> None:
    (slot,) = (each["id"] for each in json.loads(pyvault("vault", "info", "--json").out)["slots"])
    for name, code in ((slot, 0), (slot[:6], 0), ("key-file", 0), ("a label", 2), ("passphrase", 2)):
        ended = pyvault("--slot", name, "list", env=keyed)
        assert ended.code == code, (name, ended.err)


def test_eight_at_once_take_no_lock_on_the_memory(
    pyvault: Pyvault, variables: dict[str, str | None], tmp_path: Path
) -> None:
    words = ("exec", "demo", "--", "true")
    assert pyvault(*words, env=variables).code == 0
    state = tmp_path / ".local" / "state" / "pyvault"
    (state / "trust.lock").unlink()
    (state / "trust.lock").mkdir()  # whoever wanted it would fail, and say so
    before = (state / "trust.json").stat()
    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(lambda _: pyvault(*words, env=variables), range(8)))
    assert [(one.code, one.err) for one in ended] == [(0, "")] * 8
    assert (state / "trust.json").stat() == before
