"""What is promised of the commands: their options, the shapes of their JSON, what they tell."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from command_line import PYVAULT, Environ, Pyvault, variables
from fake_aws.client import FakeAws
from pyvault_cli.commandline import arguments, command_table
from pyvault_cli.commandline.parameters import load_command

LINES = b"AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG\n"
ADD = ("--stdin", "--no-verify")

PROMISED = {
    "add": "--env --stdin --csv --no-verify --force --mfa-serial --no-add-config",
    "remove": "-f --force",
    "list": "--json --credentials --profiles --sessions",
    "exec": "-d --duration -n --no-session --region -t --mfa-token -j --json --profile-env --stdout --no-cache --refresh",
    "export": "--format -d -n -t --region --no-cache --refresh",
    "clear": "--all --expired",
    "vault init": "--kdf --keyfile --recovery",
    "vault info": "--json",
    "vault verify": "--json",
    "vault entries": "--json",
    "vault cat": "--yes",
    "vault passwd": "--kdf",
    "vault slot list": "--json",
    "vault slot add": "--passphrase --keyfile --recovery",
    "vault slot remove": "--yes",
    "vault rekey": "--drop-slots",
    "vault backups": "--json",
    "vault restore": "",
    "vault accept": "",
    "vault forget": "",
    "backends list": "--json",
    "version": "",
}
GLOBAL = (
    "--backend",
    "--backend-option",
    "--passphrase-fd",
    "--new-passphrase-fd",
    "--slot",
    "--no-input",
    "--debug",
    "--config",
)


@pytest.mark.parametrize("path", PROMISED)
def test_the_command_has_its_options(path: str) -> None:
    known = {name for each in load_command(path).parameters for name in (*each.names, *each.off)}
    assert set(PROMISED[path].split()) <= known


@pytest.mark.parametrize("name", GLOBAL)
def test_global_options_stand_anywhere_and_in_the_help(name: str) -> None:
    assert name in command_table.help_text()
    given = [name, "1"] if name in arguments.VALUED else [name]
    for argv in ([*given, "list"], ["list", *given]):
        line = arguments.split(argv, menu=command_table.COMMANDS, aliases=command_table.ALIASES, valued=lambda _: ())
        assert (line.command, line.global_options, line.args) == (
            "list",
            ((name, "1" if name in arguments.VALUED else ""),),
            (),
        )


def test_exec_tells_how_a_command_is_given(pyvault: Pyvault) -> None:
    assert "pyvault exec [OPTIONS] [PROFILE] [--] [COMMAND...]" in pyvault("exec", "--help").out


def test_shapes_of_json(pyvault: Pyvault, keyed: Environ) -> None:
    assert pyvault("add", "a", *ADD, env=keyed, stdin=LINES).code == 0
    shown = {
        path: json.loads(pyvault(*path.split(), "--json", env=keyed).out)
        for path in ("list", "backends list", "vault entries", "vault info", "vault slot list", "vault backups")
    }
    entries = shown.pop("vault entries")
    assert all(document["v"] == 1 for document in shown.values())
    assert [set(entry) for entry in entries] == [{"kind", "name", "revision", "size", "modified", "expires"}]
    (profile,) = shown["list"]["profiles"]
    assert set(profile) == {"profile", "credentials", "access_key_id", "created", "sessions"}
    assert (profile["access_key_id"], profile["sessions"]) == ("AKIAIOSFODNN7EXAMPLE", [])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", profile["created"])
    for backend in shown["backends list"]["backends"]:
        assert set(backend) >= {"name", "distribution", "version", "available", "reason", "hint", "selected"}
    assert [each["name"] for each in shown["backends list"]["backends"] if each["selected"]] == ["file"]


def test_info_works_locked_and_gives_no_name(pyvault: Pyvault, keyed: Environ) -> None:
    assert pyvault("add", "hidden-name", *ADD, env=keyed, stdin=LINES).code == 0
    shown = pyvault("--no-input", "vault", "info", "--json")  # without the key file
    assert shown.code == 0
    assert "hidden-name" not in shown.out
    assert json.loads(shown.out)["generation"] == 2


def test_the_first_add_tells_that_it_made_the_vault(pyvault: Pyvault, tmp_path: Path) -> None:
    keyfile = tmp_path / "key"
    keyfile.write_text(f"pyvault-keyfile-v1:{'A' * 43}=\n")
    keyfile.chmod(0o600)
    env = {"PYVAULT_KEYFILE": str(keyfile)}
    first, second = (pyvault("add", name, *ADD, env=env, stdin=LINES) for name in ("a", "b"))
    assert f"Made the vault '{tmp_path}/.local/share/pyvault/vault.pyv'." in first.err
    assert "Made the vault" not in second.err


def test_a_vault_that_is_gone_is_not_an_empty_one(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert pyvault("add", name, *ADD, env=keyed, stdin=LINES).code == 0
    path = tmp_path / ".local/share/pyvault/vault.pyv"
    path.unlink()
    for words_ in (["list"], ["add", "c", *ADD], ["exec", "a", "--", "true"]):
        ended = pyvault(*words_, env=keyed, stdin=LINES)
        assert ended.code == 3, words_
        assert "backups" in ended.err
        assert "vault restore 1" in ended.err
        assert not path.exists()
    assert pyvault("vault", "restore", "1", env=keyed).code == 0
    assert pyvault("list", "--credentials", env=keyed).out == "a\n"


def test_remove_tells_what_stays(pyvault: Pyvault, keyed: Environ) -> None:
    assert pyvault("add", "a", *ADD, env=keyed, stdin=LINES).code == 0
    told = pyvault("remove", "a", "--force", env=keyed).err
    for text in ("still exists at AWS", "pyvault vault purge", "The profile stays in"):
        assert text in told
    assert pyvault("vault", "purge", "--yes", env=keyed).code == 0
    assert pyvault("list", "--credentials", env=keyed).out == ""


def test_clear_all_needs_no_key(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> None:
    data = tmp_path / ".local/share/pyvault"
    assert pyvault("add", "a", *ADD, env=keyed, stdin=LINES).code == 0
    pyvault("exec", "a", "--region", "eu-west-1", "--", "true", env={**keyed, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    (data / "sessions-file-44136fa3.pyv").write_bytes(b"whatever it holds")
    assert pyvault("--no-input", "clear", "--all").code == 0
    assert not (data / "sessions-file-44136fa3.pyv").exists()
    assert pyvault("vault", "verify", env=keyed).code == 0


def test_a_directory_in_the_place_of_the_sessions(
    pyvault: Pyvault, keyed: Environ, tmp_path: Path, fake_aws: FakeAws
) -> None:
    place = tmp_path / ".local/share/pyvault/sessions-file-44136fa3.pyv"
    place.mkdir()
    key = fake_aws.demo_key()
    lines = f"{key.access_key_id}\n{key.secret_access_key}\n".encode()
    assert pyvault("add", "a", *ADD, env=keyed, stdin=lines).code == 0
    for words_ in (["exec", "a", "--", "true"], ["clear", "--all"]):
        ended = pyvault(*words_, env={**keyed, **fake_aws.environ()})
        assert ended.code == 1
        assert f"can't remove '{place}'" in ended.err


def test_a_named_config_file_must_be_there(pyvault: Pyvault, keyed: Environ) -> None:
    ended = pyvault("--config", "none.toml", "list", env=keyed)
    assert (ended.code, ended.err) == (5, "pyvault: error: config file 'none.toml' not found\n")


def test_debug_tells_what_is_done(pyvault: Pyvault, keyed: Environ) -> None:
    told = pyvault("--debug", "add", "a", *ADD, env=keyed, stdin=LINES).err
    assert "pyvault: debug: the backend is 'file' (PYVAULT_BACKEND)" in told
    assert re.search(r"debug: opened '.*vault\.pyv', generation 1", told)
    assert re.search(r"debug: wrote '.*vault\.pyv', generation 2", told)
    assert "debug:" not in pyvault("list", env=keyed).err


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("PYVAULT_EXPECT_VAULT_ID", "0" * 32, 7),
        ("PYVAULT_EXPECT_VAULT_ID", "nonsense", 5),
        ("PYVAULT_MIN_GENERATION", "1", 0),
        ("PYVAULT_MIN_GENERATION", "2", 7),
        ("PYVAULT_MIN_GENERATION", "-", 5),
    ],
)
def test_what_ci_expects_of_the_vault(pyvault: Pyvault, keyed: Environ, name: str, value: str, code: int) -> None:
    assert pyvault("vault", "verify", env={**keyed, name: value}).code == code


@pytest.mark.parametrize(
    ("processes", "each"), [(4, 2), pytest.param(16, 25, marks=pytest.mark.slow)], ids=["8 entries", "400 entries"]
)
def test_adding_at_the_same_time(pyvault: Pyvault, keyed: Environ, tmp_path: Path, processes: int, each: int) -> None:
    script = (
        'for number in $(seq "$2"); do printf "%s" "$3" | "$4" add "$1-$number" --stdin --no-verify || exit 1; done'
    )
    running = [
        subprocess.Popen(
            ["sh", "-c", script, "sh", f"p{process}", str(each), LINES.decode(), str(PYVAULT)],
            env=variables(tmp_path, keyed),
            stderr=subprocess.PIPE,
        )
        for process in range(processes)
    ]
    assert [(child.communicate()[1], child.returncode)[1] for child in running] == [0] * processes
    expected = {f"p{process}-{number}" for process in range(processes) for number in range(1, each + 1)}
    assert set(pyvault("list", "--credentials", env=keyed).out.split()) == expected
    assert set(pyvault("list", "--profiles", env=keyed).out.split()) == expected


def test_a_key_is_stored_where_the_choice_of_its_store_can_not_be_remembered(
    pyvault: Pyvault, keyed: dict[str, str | None]
) -> None:
    environ = keyed | {
        "XDG_STATE_HOME": "/proc/nowhere",
        "PYVAULT_BACKEND": None,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "pLaNtEd",
    }
    added = pyvault("add", "prod", "--env", "--no-verify", env=environ)
    assert (added.code, "was not recorded" in added.err) == (0, True), added.err
    assert pyvault("list", "--credentials", env=environ).out == "prod\n"
    rotated = pyvault("rotate", "prod", env=environ)
    assert (rotated.code, "/proc/nowhere" in rotated.err) == (1, True), rotated.err
