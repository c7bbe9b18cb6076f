"""What a newcomer is told: by whom, of what, and what to give."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from command_line import PYVAULT, run_pyvault, variables
from pyvault_cli.terminal.output import counted

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE12",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".aws").mkdir()
    return tmp_path


def write_config(home: Path, text: str) -> None:
    (home / ".aws" / "config").write_text(text)


def make_vault(home: Path) -> dict[str, str]:
    """Make a vault with a key file, and return what opens it."""
    key = {"PYVAULT_KEYFILE": str(home / "key"), "PYVAULT_FILE": str(home / "v" / "vault.pyv")}
    made = run_pyvault(home, "vault", "init", "--keyfile", str(home / "key"), env=key)
    assert made.code == 0, made.err
    return key


@pytest.mark.parametrize(
    ("number", "words", "told"),
    [(0, ("entry", "entries"), "0 entries"), (1, ("entry", "entries"), "1 entry"), (2, ("session",), "2 sessions")],
)
def test_nouns_agree_with_their_numbers(number: int, words: tuple[str, ...], told: str) -> None:
    assert counted(number, *words) == told


def test_who_gave_nothing_hears_what_to_give(home: Path) -> None:
    where = {"PYVAULT_FILE": make_vault(home)["PYVAULT_FILE"]}
    nothing = run_pyvault(home, "vault", "verify", env=where)
    assert (nothing.code, "no key was supplied that could open" in nothing.err) == (4, True)
    assert "PYVAULT_KEYFILE" in nothing.err
    path = run_pyvault(home, "vault", "verify", env=where | {"PYVAULT_KEY": str(home / "key")})
    assert (path.code, "use PYVAULT_KEYFILE for the path" in path.err) == (5, True)
    assert str(home / "key") not in path.err


def test_info_tells_of_a_state_that_was_not_seen_here(home: Path) -> None:
    key = make_vault(home)
    vault = Path(key["PYVAULT_FILE"])
    before = vault.read_bytes()
    assert run_pyvault(home, "add", "one", "--env", "--no-verify", env=key | KEYS).code == 0
    assert "warning" not in run_pyvault(home, "vault", "info", env=key).err
    vault.with_name("vault (conflicted copy).pyv").write_bytes(vault.read_bytes())
    vault.write_bytes(before)
    told = run_pyvault(home, "vault", "info", env=key)
    assert told.code == 0
    assert "not in the state last seen here, which is generation 2" in told.err
    assert "is another state of the vault, generation 2" in told.err


def test_advice_is_called_advice(home: Path) -> None:
    write_config(home, "[profile without]\n")
    told = run_pyvault(home, "doctor").out
    assert "advice  region: profiles without one: without" in told


def test_explain_says_whose_command_is_inherited_and_nothing_twice(home: Path) -> None:
    write_config(
        home,
        "[default]\ncredential_process = true\nsso_account_id = 111111111111\n[profile bare]\nregion = eu-west-1\n"
        "[profile own]\ncredential_process = true\n"
        "[profile role]\nrole_arn = arn:aws:iam::111111111111:role/a\nsource_profile = own\n",
    )
    assert "'bare' inherits the credential_process of [default]" in run_pyvault(home, "explain", "bare").out
    role = run_pyvault(home, "explain", "role").out
    assert "'own' names a credential_process" in role
    passed = [line for line in role.splitlines() if "of [default]:" in line]
    assert passed
    assert len(passed) == len(set(passed))


def test_a_server_gives_temporary_credentials_only(home: Path) -> None:
    text = '{"Version":1,"AccessKeyId":"AKIAEXAMPLEEXAMPLE12","SecretAccessKey":"s"}'
    write_config(home, f"[profile p]\nregion = eu-west-1\ncredential_process = echo '{text}'\n")
    clash = run_pyvault(home, "exec", "--ecs-server", "--no-session", "p", "--", "echo", "started")
    assert (clash.code, "a server only serves temporary credentials" in clash.err) == (2, True)
    for words in (("exec", "--ecs-server", "p", "--", "echo", "started"), ("server", "p")):
        told = run_pyvault(home, *words)
        assert (told.code, told.out) == (5, "")
        assert "has long-term keys, and a server only serves temporary credentials" in told.err


def test_of_two_first_keys_at_once_one_says_that_it_made_the_vault(home: Path) -> None:
    env = variables(home, {"PYVAULT_PASSPHRASE": "correct horse", "PYVAULT_FILE": str(home / "v" / "vault.pyv")} | KEYS)
    adding = [
        subprocess.Popen([PYVAULT, "add", name, "--env", "--no-verify"], env=env, cwd=home, stderr=subprocess.PIPE)
        for name in ("one", "two")
    ]
    told = [each.communicate()[1].decode() for each in adding]
    assert [each.returncode for each in adding] == [0, 0]
    assert sum("Made the vault" in text for text in told) == 1
