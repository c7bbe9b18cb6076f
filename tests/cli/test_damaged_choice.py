"""A damaged choice.json stops what needs it, and nothing else; nothing ever resets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import pyvault
from command_line import Environ, Pyvault
from fakes.distributions import install
from pyvault.errors import ConfigError
from pyvault.vaultfile.unlock.key_file import create_key_file

TESTS = Path(__file__).parents[1]
KEYS: Environ = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "pLaNtEd"}
ADD = ("add", "x", "--env", "--no-verify", "--no-add-config")
DAMAGED = '{"v": 1, "backend": "file", "plug'


def damage_record(home: Path) -> Path:
    path = home / ".local" / "state" / "pyvault" / "choice.json"
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    path.write_text(DAMAGED)
    return path


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return damage_record(tmp_path)


@pytest.fixture
def plugin(tmp_path: Path) -> Environ:
    """A backend of somebody else, installed."""
    site = tmp_path / "site"
    install(site, "pyvault-sqlite", backends={"sqlite": "pyvault_sqlite:SqliteBackend"})
    paths = f"{site}:{TESTS / 'plugin_example'}"
    options = {"PATH": str(tmp_path / "items.db"), "NEW": "true"}
    return {"PYTHONPATH": paths, **{f"PYVAULT_BACKEND_SQLITE__{key}": value for key, value in options.items()}}


@pytest.mark.parametrize("named", ["--backend", "PYVAULT_BACKEND", "AWS_VAULT_BACKEND", "config.toml"])
def test_who_names_a_built_in_backend_needs_nothing_of_it(
    pyvault: Pyvault, keyed: Environ, record: Path, tmp_path: Path, named: str
) -> None:
    words: tuple[str, ...] = ()
    env: dict[str, str | None] = {**keyed, "PYVAULT_BACKEND": None}
    if named == "--backend":
        words = ("--backend", "file")
    elif named == "config.toml":
        (tmp_path / "config.toml").write_text('[backend]\nname = "file"\n')
        env["PYVAULT_CONFIG"] = str(tmp_path / "config.toml")
    else:
        env[named] = "file"
    added = pyvault(*words, *ADD, env={**env, **KEYS})
    assert added.code == 0, added.err
    listed = pyvault(*words, "list", "--credentials", env=env)
    assert (listed.code, listed.out, listed.err) == (0, "x\n", "")
    assert pyvault(*words, "export", "-n", "x", env=env).code == 0
    assert pyvault("backends", "info", "file", env=env).code == 0
    assert record.read_text() == DAMAGED


def test_who_leaves_the_choice_to_it_is_stopped(pyvault: Pyvault, keyed: Environ, record: Path) -> None:
    env: Environ = {**keyed, **KEYS, "PYVAULT_BACKEND": None}
    for words in (("list",), ADD, ("exec", "x", "--", "true")):
        ended = pyvault(*words, env=env)
        assert ended.code == 5
        assert f"'{record}' is damaged" in ended.err
        assert "hint: delete it, and name the backend" in ended.err
    assert record.read_text() == DAMAGED


def test_a_record_that_names_a_plug_in_nobody_named_runs_nothing(
    pyvault: Pyvault, plugin: Environ, tmp_path: Path
) -> None:
    record = damage_record(tmp_path)
    record.write_text(json.dumps({"v": 1, "backend": "sqlite", "plugins": {}}))
    for words in (("list",), ADD, ("doctor",)):
        ended = pyvault(*words, env={**plugin, **KEYS, "PYVAULT_BACKEND": None})
        assert (ended.code, "'sqlite', which was never used here" in ended.out + ended.err) == (
            1 if words == ("doctor",) else 5,
            True,
        ), ended.err
    assert not (tmp_path / "items.db").exists()
    assert pyvault("--backend", "sqlite", *ADD, env={**plugin, **KEYS}).code == 0
    assert pyvault("list", "--credentials", env={**plugin, "PYVAULT_BACKEND": None}).out == "x\n"


def test_a_plug_in_is_not_let_in_without_the_record_of_who_it_was(
    pyvault: Pyvault, plugin: Environ, record: Path, tmp_path: Path
) -> None:
    for words in (("--backend", "sqlite", *ADD), ("migrate", "--from", "sqlite", "--to", "file")):
        ended = pyvault(*words, env={**plugin, **KEYS})
        assert ended.code == 5
        assert f"'{record}' is damaged" in ended.err
    assert record.read_text() == DAMAGED
    assert not (tmp_path / "items.db").exists()
    record.unlink()
    assert pyvault("--backend", "sqlite", *ADD, env={**plugin, **KEYS}).code == 0
    assert json.loads(record.read_text())["plugins"]["sqlite"]["distribution"] == "pyvault-sqlite"


def test_doctor_tells_of_it_though_the_backend_was_named(pyvault: Pyvault, record: Path) -> None:
    told = pyvault("doctor", "--json", env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert told.code == 1
    (broken,) = (found for found in json.loads(told.out)["findings"] if not found["ok"])
    assert broken["message"] == f"'{record}' is damaged"
    assert broken["hint"]


def test_a_program_that_names_its_backend_needs_nothing_of_it(private_home: Path, tmp_path: Path) -> None:
    damage_record(private_home)
    create_key_file(tmp_path / "key")
    options = {"path": str(tmp_path / "vault.pyv"), "keyfile": str(tmp_path / "key")}
    with pyvault.open_vault(backend="file", options=options) as vault:
        assert vault.profiles() == []
    with pytest.raises(ConfigError, match=r"choice\.json"):
        pyvault.open_vault()
