"""What ``backends``, ``doctor`` and the first use say of backends, their versions and those that claim a name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from command_line import Ended, Environ, Pyvault
from fakes.distributions import install

TESTS = Path(__file__).parents[1]
CHANGE = "the backend 'mystore' is 'pyvault-mystore' 0.3.0 now; it was 0.1.0"
OPTIONS = {
    "PYVAULT_BACKEND_MYSTORE__PATH": "items.db",
    "PYVAULT_BACKEND_MYSTORE__NEW": "true",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}


class Installed:
    """A backend ``mystore`` whose distribution can be replaced."""

    def __init__(self, pyvault: Pyvault, home: Path) -> None:
        self.pyvault = pyvault
        self.site = home / "site"
        self.environ = {"PYTHONPATH": f"{self.site}:{TESTS / 'plugin_example'}", **OPTIONS}

    def have(self, version: str, distribution: str = "pyvault-mystore") -> None:
        shutil.rmtree(self.site, ignore_errors=True)
        install(self.site, distribution, version=version, backends={"mystore": "pyvault_sqlite:SqliteBackend"})

    def __call__(self, *words: str, env: Environ | None = None) -> Ended:
        return self.pyvault(*words, env={**self.environ, **(env or {})})


@pytest.fixture
def mystore(pyvault: Pyvault, tmp_path: Path) -> Installed:
    """Version 0.1.0 was used, 0.3.0 is installed."""
    mystore = Installed(pyvault, tmp_path)
    mystore.have("0.1.0")
    first = mystore("--backend", "mystore", "list")
    assert (first.code, first.err) == (0, "")
    mystore.have("0.3.0")
    return mystore


def test_a_new_version_is_told_of_once_when_it_is_used(mystore: Installed) -> None:
    told = mystore("--backend", "mystore", "list")
    assert told.code == 0
    assert told.err == f"pyvault: warning: {CHANGE}\n"
    assert mystore("--backend", "mystore", "list").err == ""


def test_a_new_version_that_opens_the_vault_file_is_told_of(mystore: Installed, keyed: Environ) -> None:
    added = mystore("vault", "slot", "add", "--store", "mystore", env=keyed)
    assert added.code == 0, added.err
    assert f"warning: {CHANGE}" in added.err


def test_a_new_version_can_be_seen_before_it_is_used(mystore: Installed) -> None:
    shown = mystore("backends", "info", "mystore")
    assert "version: 0.3.0\n" in shown.out
    assert "accepted from: pyvault-mystore 0.1.0\n" in shown.out
    facts = json.loads(mystore("backends", "info", "mystore", "--json").out)
    assert (facts["version"], facts["accepted_from"], facts["accepted_version"]) == (
        "0.3.0",
        "pyvault-mystore",
        "0.1.0",
    )
    doctor = mystore("doctor")
    assert "plugins: 'mystore' of 'pyvault-mystore' 0.3.0 (it was 0.1.0) can be loaded\n" in doctor.out
    assert "it was 0.1.0" in mystore("--backend", "mystore", "list").err


def test_one_of_another_distribution_is_not_said_to_work(mystore: Installed) -> None:
    mystore.have("0.3.0", "other-mystore")
    shown = mystore("backends", "info", "mystore")
    assert "available: no\n" in shown.out
    assert "reason: the backend 'mystore' came from 'pyvault-mystore' and comes from 'other-mystore' now\n" in shown.out
    assert "hint: pyvault backends accept mystore" in shown.out
    for words in ((), ("--probe",)):
        listed = json.loads(mystore("backends", "list", *words, "--json").out)["backends"]
        (found,) = (backend for backend in listed if backend["name"] == "mystore")
        assert found["available"] is False
        assert "accept mystore" in found["hint"]


def test_only_the_backend_that_is_used_is_marked(pyvault: Pyvault, tmp_path: Path) -> None:
    install(tmp_path / "site", "evil", backends={"file": "evil:File"})
    env = {"PYTHONPATH": str(tmp_path / "site")}
    listed = json.loads(pyvault("backends", "list", "--json", env=env).out)["backends"]
    assert [(found["name"], found["distribution"]) for found in listed if found["selected"]] == [
        ("file", "pyvault-aws")
    ]
    text = pyvault("backends", "list", env=env).out
    (marked,) = (line for line in text.splitlines() if line.startswith("*"))
    assert marked.split()[:3] == ["*", "file", "pyvault-aws"]
    assert "  file            evil 1.0" in text


def test_the_list_says_what_to_do_and_fits_80_columns(pyvault: Pyvault) -> None:
    listed = pyvault("backends", "list", env={"PASSWORD_STORE_DIR": "/nonexistent"}).out.splitlines()
    assert max(map(len, listed)) <= 80
    at = listed.index("keyring: no backend of keyring is named")
    assert listed[at + 1].startswith("    --backend-option class=")


def test_the_first_add_says_in_a_line_where_keys_are_and_the_list_what_would_make_another_store_work(
    pyvault: Pyvault, keyed: Environ, tmp_path: Path
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "pLaNtEd"}
    env: dict[str, str | None] = {
        **keyed,
        "PYVAULT_BACKEND": None,
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
    }
    add = ("add", "x", "--env", "--no-verify", "--no-add-config")
    first = pyvault(*add, env={**env, **keys})
    assert first.code == 0, first.err
    (line,) = [line for line in first.err.splitlines() if "kept in" in line]
    assert line == "From now on keys are kept in 'file'; 'pyvault backends list' shows the others."
    listed = pyvault("backends", "list", "--probe", env=env)
    assert "\nsecret-service: nobody answers at the session bus" in listed.out
    assert "log in" in listed.out.partition("\nsecret-service: ")[2].partition("\npass: ")[0]
    config = tmp_path / ".config" / "pyvault" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text('[backend]\nname = "memory"\n')
    assert pyvault("list", "--credentials", env=env).out == ""
    assert pyvault("list", "--credentials", env={**env, "PYVAULT_BACKEND": "file"}).out == "x\n"


def test_a_broken_plugin_is_described_once(pyvault: Pyvault, tmp_path: Path) -> None:
    install(tmp_path / "site", "acme", backends={"acme": "acme:Acme"}, modules={"acme": "class Acme(:\n"})
    shown = pyvault("backends", "info", "acme", env={"PYTHONPATH": str(tmp_path / "site")})
    assert shown.code == 5
    assert (shown.out + shown.err).count("SyntaxError") == 1


def test_a_plugin_without_the_methods_is_not_available(pyvault: Pyvault, tmp_path: Path) -> None:
    source = "class Acme:\n    API_VERSION = 1\n    def get(self, name): ...\n"
    install(tmp_path / "site", "acme", backends={"acme": "acme:Acme"}, modules={"acme": source})
    env = {"PYTHONPATH": str(tmp_path / "site")}
    for words in (("backends", "info", "acme"), ("--backend", "acme", "list")):
        ended = pyvault(*words, env=env)
        assert ended.code == 5
        assert "the backend 'acme' has no open, put, delete, names, close" in ended.out + ended.err
