"""One table of settings through every door: the command line, a program, the bridge to ``keyring``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from parity.machine import PASSPHRASE, Machine, Row
from pyvault.secret import Secret
from vaults import KEY_TEXT

TEAM = {"PYVAULT_BACKEND": "file", "PYVAULT_FILE": "{home}/team.pyv"}
BY_KEY = {"PYVAULT_KEYFILE": "{home}/ci.key"}
BY_PASSPHRASE = {"PYVAULT_PASSPHRASE": PASSPHRASE}
IN_PASS = {"AWS_VAULT_BACKEND": "pass", "AWS_VAULT_PASS_PASSWORD_STORE_DIR": "{home}/passwords"}
RED = {"PYVAULT_BACKEND": "memory", "PYVAULT_BACKEND_MEMORY__NAME": "red of {home}"}

ROWS = {
    # ------------------------------------------------------------ which backend
    "given": Row(
        words=("--backend", "memory", "--backend-option", "name=red of {home}"),
        backend="memory",
        options={"name": "red of {home}"},
        finds="red",
    ),
    "given, over all else": Row(
        words=("--backend", "memory"),
        backend="memory",
        environ={**RED, "PYVAULT_BACKEND": "file", "AWS_VAULT_BACKEND": "pass"},
        config='backend = "keyring"',
        finds="red",
    ),
    "our variable": Row(environ=RED, finds="red"),
    "our variable before aws-vault's": Row(environ={**RED, **IN_PASS}, finds="red"),
    "aws-vault's variable": Row(environ=IN_PASS, finds="in-pass"),
    "aws-vault's variable before config.toml": Row(environ=IN_PASS, config='backend = "memory"', finds="in-pass"),
    "aws-vault's file": Row(environ={"AWS_VAULT_BACKEND": "file", **BY_KEY}, finds="at-home"),
    "config.toml": Row(config='[backend]\nname = "keyring"\n[backend.keyring]\nclass = "{ring}"\n', finds="ring"),
    "config.toml elsewhere": Row(
        environ={"PYVAULT_CONFIG": "{home}/.config/pyvault/config.toml", "XDG_CONFIG_HOME": "{home}/none"},
        config='[backend]\nname = "memory"\n[backend.memory]\nname = "blue of {home}"\n',
        finds="blue",
    ),
    "config.toml before the record": Row(
        config='[backend]\nname = "keyring"\n[backend.keyring]\nclass = "{ring}"\n',
        record='{"v": 1, "backend": "memory", "plugins": {}}',
        finds="ring",
    ),
    "the record": Row(
        record='{"v": 1, "backend": "memory", "plugins": {}}',
        environ={"PYVAULT_BACKEND_MEMORY__NAME": "blue of {home}"},
        finds="blue",
    ),
    "what works here": Row(environ=BY_KEY, finds="at-home"),
    # ------------------------------------------------------------ which options
    "a folder of pass": Row(environ={**IN_PASS, "AWS_VAULT_PASS_PREFIX": "team"}, finds="in-team"),
    "a folder of pass, in config.toml": Row(
        environ={**IN_PASS, "AWS_VAULT_PASS_PREFIX": "none"},
        config='[backend.pass]\nprefix = "team"\n',
        finds="in-team",
    ),
    "a folder of pass, by our variable": Row(
        environ={**IN_PASS, "AWS_VAULT_PASS_PREFIX": "none", "PYVAULT_BACKEND_PASS__PREFIX": "team"},
        config='[backend.pass]\nprefix = "other"\n',
        finds="in-team",
    ),
    "a folder of pass, given": Row(
        words=("--pass-prefix", "team"),
        options={"prefix": "team"},
        environ={**IN_PASS, "PYVAULT_BACKEND_PASS__PREFIX": "none"},
        finds="in-team",
    ),
    "an option of that backend alone": Row(
        words=("--backend-option", "memory.name=red of {home}", "--backend-option", "keyring.class=nonsense"),
        options={"memory.name": "red of {home}", "keyring.class": "nonsense"},
        environ={"PYVAULT_BACKEND": "memory"},
        finds="red",
    ),
    "a vault file": Row(environ={**TEAM, **BY_KEY}, finds="team"),
    "a vault file in config.toml": Row(
        config='[backend]\nname = "file"\n[backend.file]\npath = "{home}/team.pyv"\nkeyfile = "{home}/ci.key"\n',
        finds="team",
    ),
    # ------------------------------------------------------------ what opens the vault file
    "the text of a key file": Row(environ={**TEAM, "PYVAULT_KEY": KEY_TEXT.decode().strip()}, finds="team"),
    "a passphrase": Row(environ={**TEAM, **BY_PASSPHRASE}, finds="team"),
    "aws-vault's passphrase": Row(environ={**TEAM, "AWS_VAULT_FILE_PASSPHRASE": PASSPHRASE}, finds="team"),
    "the file of a passphrase": Row(environ={**TEAM, "PYVAULT_PASSPHRASE_FILE": "{home}/passphrase"}, finds="team"),
    "a store, by variables": Row(
        environ={
            **TEAM,
            "PYVAULT_BACKEND_FILE__UNLOCK_STORE": "memory",
            "PYVAULT_BACKEND_MEMORY__NAME": "safe of {home}",
        },
        finds="team",
    ),
    "a store, by config.toml": Row(
        environ=TEAM,
        config='[backend.file]\nunlock_store = "memory"\n[backend.memory]\nname = "safe of {home}"\n',
        finds="team",
    ),
    "a store, given": Row(
        words=("--backend-option", "unlock_store=memory", "--backend-option", "memory.name=safe of {home}"),
        options={"unlock_store": "memory", "memory.name": "safe of {home}"},
        environ={**TEAM, "PYVAULT_BACKEND_MEMORY__NAME": "another"},
        finds="team",
    ),
    "a new passphrase is none that opens": Row(
        environ={**TEAM, "PYVAULT_NEW_PASSPHRASE": PASSPHRASE}, code=4, own_words=True
    ),
    # ------------------------------------------------------------ what can't be
    "nobody to ask": Row(environ=TEAM, code=4, own_words=True),
    "a store without the key": Row(
        environ={**TEAM, "PYVAULT_BACKEND_FILE__UNLOCK_STORE": "memory"}, code=4, own_words=True
    ),
    "a vault that keeps its own key": Row(
        environ={**TEAM, **BY_KEY, "PYVAULT_BACKEND_FILE__UNLOCK_STORE": "file"}, code=5
    ),
    "a wrong passphrase": Row(environ={**TEAM, "PYVAULT_PASSPHRASE": "wrong"}, code=4),
    "two keys": Row(environ={**TEAM, **BY_KEY, "PYVAULT_KEY": KEY_TEXT.decode().strip()}, code=2),
    "an option that there is none of": Row(environ={**TEAM, "PYVAULT_BACKEND_FILE__COLOUR": "red"}, code=5),
    "a setting that there is none of": Row(environ=TEAM, config='colour = "red"\n', code=5),
    "a backend that there is none of": Row(environ={"PYVAULT_BACKEND": "nonsense"}, code=5),
    "a store of aws-vault's that we lack": Row(environ={"AWS_VAULT_BACKEND": "op"}, code=5),
    "a damaged record": Row(record="{", environ=BY_KEY, code=5),
}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Machine:
    return Machine(tmp_path, monkeypatch, capfd)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_the_command_and_a_program_see_the_same(machine: Machine, row: Row) -> None:
    machine.set(row)
    command, program = machine.seen_by_command(row), machine.seen_by_program(row)
    assert (command.code, command.profiles) == (row.code, (row.finds,) if row.finds else ()), command.error
    assert (program.code, program.profiles) == (command.code, command.profiles), program.error
    assert bool(program.error) == bool(row.code)
    if not row.own_words:
        assert program.error == command.error


#: The bridge has no line and no arguments, and its store is the vault file whatever the others use.
BRIDGED = {
    name: row
    for name, row in ROWS.items()
    if not row.words and ("file" in {row.environ.get("PYVAULT_BACKEND"), row.environ.get("AWS_VAULT_BACKEND")})
}


@pytest.mark.parametrize("row", BRIDGED.values(), ids=BRIDGED.keys())
def test_the_keyring_opens_the_vault_file_that_the_command_opens(machine: Machine, row: Row) -> None:
    machine.set(row)
    command, bridge = machine.seen_by_command(row), machine.seen_by_keyring()
    assert bridge.profiles == command.profiles, bridge.error
    if not row.own_words:
        assert bridge.error == command.error


def test_a_key_is_kept_where_every_door_looks_for_it(machine: Machine) -> None:
    there = {"unlock_store": "memory", "memory.name": "new safe of {home}"}
    words = [word for key, value in there.items() for word in ("--backend-option", f"{key}={value}")]
    machine.set(Row(environ={**TEAM, "PYVAULT_PASSPHRASE_FILE": "{home}/passphrase"}))
    code, _, err = machine.by_command(Row(words=tuple(words)), "vault", "slot", "add", "--store", "memory")
    assert code == 0, err
    row = Row(words=tuple(words), options=there, environ={"PYVAULT_PASSPHRASE_FILE": ""})
    machine.set(row)
    assert machine.seen_by_command(row).profiles == machine.seen_by_program(row).profiles == ("team",)


#: Each kind of parent that a session file has, named in ways that differ between the doors.
PARENTS = {name: ROWS[name] for name in ("given", "our variable", "a vault file", "a store, given", "the record")}


@pytest.mark.parametrize("command_first", [True, False], ids=["the command first", "the program first"])
@pytest.mark.parametrize("row", PARENTS.values(), ids=PARENTS.keys())
def test_sessions_of_one_door_serve_the_other(
    machine: Machine, row: Row, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch, command_first: bool
) -> None:
    machine.set(row)
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_aws.url)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    pair = fake_aws.demo_key()
    with machine.program(row) as vault:
        vault.put("demo", access_key_id=pair.access_key_id, secret_access_key=Secret(pair.secret_access_key))

    def by_command() -> str:
        code, out, err = machine.by_command(row, "export", "demo", "--format", "json")
        assert code == 0, err
        return str(json.loads(out)["AccessKeyId"])

    def by_program() -> str:
        with machine.program(row) as vault:
            return vault.credentials("demo").access_key_id

    first, second = (by_command, by_program) if command_first else (by_program, by_command)
    assert first() == second() != pair.access_key_id
    assert fake_aws.ops() == ["sts.GetSessionToken"]


@pytest.mark.parametrize("variable", ["PYVAULT_NEW_PASSPHRASE", "PYVAULT_PASSPHRASE"])
@pytest.mark.parametrize("by_command", [True, False], ids=["the command", "a program"])
def test_a_vault_that_is_made_gets_the_new_passphrase(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, by_command: bool, variable: str
) -> None:
    new = {**TEAM, "PYVAULT_FILE": "{home}/new.pyv", "PYVAULT_KDF": "min"}
    row = Row(environ={**new, "PYVAULT_PASSPHRASE": "another one", variable: PASSPHRASE})
    machine.set(row)
    machine.store(row, by_command=by_command)
    monkeypatch.delenv("PYVAULT_NEW_PASSPHRASE", raising=False)
    monkeypatch.setenv("PYVAULT_PASSPHRASE", PASSPHRASE)
    assert machine.seen_by_command(row).profiles == ("new",)
    assert machine.seen_by_program(row).profiles == ("new",)


@pytest.mark.parametrize("by_command", [True, False], ids=["the command", "a program"])
def test_who_stores_first_records_what_was_chosen(machine: Machine, by_command: bool) -> None:
    row = Row(environ=BY_KEY)
    machine.set(row)
    machine.store(row, by_command=by_command)
    record = machine.home / ".local" / "state" / "pyvault" / "choice.json"
    assert json.loads(record.read_text()) == {"v": 1, "backend": "file", "plugins": {}}
