"""Opening means what it says, and a given environment is all that counts."""

from __future__ import annotations

import copy
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pyvault
from pyvault.errors import (
    ConfigError,
    InputRequiredError,
    InvalidSettingError,
    ItemNotFoundError,
    PyvaultError,
    UsageError,
    VaultClosedError,
    VaultExistsError,
    VaultNotFoundError,
)
from pyvault.paths import GivenEnvironment, counting
from pyvault.secret import Secret
from pyvault_backends._desktop import bus_address, is_desktop
from pyvault_backends._gpg import Gpg
from pyvault_backends.pass_store import Places
from pyvault_cli.commandline.exit_codes import exit_code

LONG, CHEAP = Secret("correct horse staple"), {"kdf": "min"}
KEY_ID, KEY = "AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def files_below(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    home = tmp_path / "own"
    home.mkdir()
    return home


def use(vault: pyvault.CredentialVault) -> None:
    """Do all that touches a file without a call to AWS."""
    vault.put("ci", access_key_id=KEY_ID, secret_access_key=KEY)
    vault.put("ci", access_key_id=KEY_ID, secret_access_key=KEY)
    assert vault.list()[0].profile == "ci"
    assert vault.credentials("ci", no_session=True).access_key_id == KEY_ID
    assert vault.plan("ci").steps
    vault.invalidate("ci")
    vault.clear_sessions()
    vault.put_totp("ci", secret=Secret("JBSWY3DPEHPK3PXP"))
    vault.totp("ci")
    vault.delete("ci")


@pytest.mark.parametrize("backend", ["file", "memory"])
def test_a_given_environment_leaves_the_home_of_the_process_alone(
    private_home: Path, own: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(private_home / variable))
    before = files_below(private_home)
    environ = {"HOME": str(own), "USERPROFILE": str(own), "PYVAULT_PASSPHRASE": "correct horse", "PYVAULT_KDF": "min"}
    with pyvault.open_vault(backend, environ=environ) as vault:
        use(vault)
    assert files_below(private_home) == before
    assert backend == "memory" or ".local/share/pyvault/vault.pyv" in files_below(own)


def test_the_directories_of_a_given_environment_count(tmp_path: Path, own: Path) -> None:
    environ = {
        "HOME": str(own),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_STATE_HOME": "relative, so it counts as none",
        "PYVAULT_PASSPHRASE": "correct horse",
        "PYVAULT_KDF": "min",
    }
    with pyvault.open_vault("file", environ=environ) as vault:
        use(vault)
    assert (tmp_path / "data" / "pyvault" / "vault.pyv").is_file()
    assert (own / ".local" / "state" / "pyvault" / "trust.json").is_file()


def test_home_takes_the_place_of_all_of_them(private_home: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(private_home / "data"))
    monkeypatch.setenv("PYVAULT_PASSPHRASE", "correct horse")
    monkeypatch.setenv("PYVAULT_KDF", "min")
    before = files_below(private_home)
    with pyvault.open_vault("file", home=own) as vault:
        use(vault)
    assert files_below(private_home) == before
    assert (own / ".local" / "share" / "pyvault" / "vault.pyv").is_file()


def test_a_tilde_in_an_option_is_the_given_home(private_home: Path, own: Path) -> None:
    before = files_below(private_home)
    options = {"path": "~/team.pyv", "keyfile": "~/team.key"}
    pyvault.create_vault("~/team.pyv", keyfile="~/team.key", environ={}, home=own).close()
    with pyvault.open_vault("file", options=options, environ={}, home=own, must_exist=True) as vault:
        use(vault)
    assert {"team.pyv", "team.key"} <= files_below(own)
    assert files_below(private_home) == before


def test_a_tilde_in_a_variable_is_the_given_home(own: Path) -> None:
    (own / "passphrase").write_text("correct horse, staple\n")
    (own / "passphrase").chmod(0o600)
    environ = {"PYVAULT_PASSPHRASE_FILE": "~/passphrase", "PYVAULT_KDF": "min"}
    with pyvault.open_vault("file", environ=environ, home=own) as vault:
        use(vault)


@pytest.mark.skipif(sys.platform == "win32", reason="pass and the session bus are not of Windows")
def test_drivers_look_into_the_given_environment(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GNUPGHOME", "PASSWORD_STORE_DIR", "PASSWORD_STORE_KEY", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
        monkeypatch.setenv(variable, "unix:path=/of/the/process")
    with counting(GivenEnvironment(HOME=str(own), DBUS_SESSION_BUS_ADDRESS="unix:path=/given")):
        places = Places.parse({})
        gpg = Gpg(command="pass", store=places.store, limit=1)
        assert (bus_address(), is_desktop()) == ("/given", False)
    assert places.store == own / ".password-store"
    children = gpg._environ(None)
    assert (children["HOME"], children["PASSWORD_STORE_DIR"]) == (str(own), str(places.store))
    assert not children.keys() & {"GNUPGHOME", "PASSWORD_STORE_KEY", "DISPLAY", "PATH"}
    assert "DBUS" not in repr(gpg)


def test_the_settings_are_those_of_the_given_home(private_home: Path, own: Path) -> None:
    for home, name in ((private_home, "file"), (own, "memory")):
        (home / ".config" / "pyvault").mkdir(parents=True)
        (home / ".config" / "pyvault" / "config.toml").write_text(f'backend = "{name}"\n')
    (own / ".aws").mkdir()
    (own / ".aws" / "config").write_text("[profile there]\ncredential_process = /bin/true\n")
    with pyvault.open_vault(environ={}, home=own) as vault:
        assert repr(vault) == "<CredentialVault backend='memory'>"
        assert [(each.profile, each.source) for each in vault.list()] == [("there", "credential_process")]


NEEDS: dict[str, Any] = {
    "the vault": lambda: pyvault.open_vault("file", environ={}).profiles(),
    "the config": lambda: pyvault.open_vault("memory", environ={}).credentials("x"),
    "the settings": lambda: pyvault.open_vault(environ={}),
    "an option": lambda: pyvault.open_vault("file", options={"path": "~/v.pyv"}, environ={"XDG_STATE_HOME": "/x"}),
    "a new vault": lambda: pyvault.create_vault("v.pyv", passphrase=Secret("correct horse staple"), environ={}),
}


@pytest.mark.parametrize("what", NEEDS)
def test_without_a_home_what_needs_one_names_the_variable(what: str) -> None:
    with pytest.raises(ConfigError, match="the given environment has no HOME") as caught:
        NEEDS[what]()
    assert "home=" in str(caught.value.hint)


def test_the_environment_of_the_process_is_the_default(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVAULT_PASSPHRASE", "correct horse")
    monkeypatch.setenv("PYVAULT_KDF", "min")
    with pyvault.open_vault("file") as vault:
        vault.put("ci", access_key_id=KEY_ID, secret_access_key=KEY)
    assert (private_home / ".local" / "share" / "pyvault" / "vault.pyv").is_file()
    assert os.environ["HOME"] == str(private_home)


# ------------------------------------------------------------ must_exist, create_vault


def test_a_wrong_path_is_an_error_where_the_vault_must_exist(tmp_path: Path, own: Path) -> None:
    options = {"path": str(tmp_path / "absent.pyv")}
    with pyvault.open_vault("file", options=options, environ={}, home=own) as vault:
        assert vault.profiles() == []
    with pytest.raises(VaultNotFoundError, match=r"absent\.pyv") as caught:
        pyvault.open_vault("file", options=options, environ={}, home=own, must_exist=True)
    assert "pyvault.create_vault" in str(caught.value.hint)
    assert not (tmp_path / "absent.pyv").exists()


def test_a_vault_that_is_not_there_is_no_item_that_is_not_there(tmp_path: Path, own: Path) -> None:
    assert not issubclass(VaultNotFoundError, ItemNotFoundError)
    assert exit_code(VaultNotFoundError("x")) == 3
    with pyvault.open_vault("file", options={"path": str(tmp_path / "absent.pyv")}, environ={}, home=own) as vault:
        with pytest.raises(ItemNotFoundError, match=r"'credential/ci'.*absent\.pyv"):
            vault.get("ci")
        with pytest.raises(ItemNotFoundError):
            vault.delete("ci")
        with pytest.raises(ItemNotFoundError):
            vault.totp("ci")


def test_create_vault_makes_one_and_its_key_file(tmp_path: Path, own: Path) -> None:
    path, key = tmp_path / "deep" / "v.pyv", tmp_path / "k"
    with pyvault.create_vault(path, keyfile=key, environ={}, home=own) as vault:
        vault.put("ci", access_key_id=KEY_ID, secret_access_key=KEY)
    assert key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(VaultExistsError):
        pyvault.create_vault(path, keyfile=key, environ={}, home=own)
    options = {"path": str(path), "keyfile": str(key)}
    with pyvault.open_vault("file", options=options, environ={}, home=own, must_exist=True) as vault:
        assert vault.profiles() == ["ci"]


def test_each_of_two_keys_opens_the_vault(tmp_path: Path, own: Path) -> None:
    path, key, passphrase = tmp_path / "v.pyv", tmp_path / "k", Secret("correct horse, staple")
    environ = {"PYVAULT_BACKEND_FILE__KDF": "min"}
    pyvault.create_vault(path, keyfile=key, passphrase=passphrase, environ=environ, home=own).close()
    for options, ask in (({"keyfile": str(key)}, None), ({}, lambda _: passphrase)):
        given = {"path": str(path), **options}
        pyvault.open_vault("file", options=given, ask=ask, environ={}, home=own, must_exist=True).close()


def test_a_passphrase_alone_opens_what_it_made(tmp_path: Path, own: Path) -> None:
    environ = {"PYVAULT_KDF": "min", "PYVAULT_PASSPHRASE": "another one, not asked for"}
    given = Secret("correct horse, staple")
    with pyvault.create_vault(tmp_path / "v.pyv", passphrase=given, environ=environ, home=own) as vault:
        assert vault.profiles() == []


def test_a_weak_passphrase_is_refused_and_leaves_nothing(tmp_path: Path, own: Path) -> None:
    place = tmp_path / "place"
    with pytest.raises(PyvaultError, match="fewer than") as caught:
        pyvault.create_vault(place / "v.pyv", keyfile=place / "k", passphrase=Secret("short"), environ={}, home=own)
    assert "options={'weak_passphrase': 'true'}" in str(caught.value.hint)
    assert files_below(place) == set()


def test_a_key_file_that_is_none_makes_no_vault(tmp_path: Path, own: Path) -> None:
    (tmp_path / "k").write_text("nothing")
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(InvalidSettingError):
        pyvault.create_vault(tmp_path / "v.pyv", keyfile=tmp_path / "k", environ={}, home=own)
    assert not (tmp_path / "v.pyv").exists()


@pytest.mark.parametrize("exists", [False, True])
def test_without_any_source_of_a_key_input_is_required(tmp_path: Path, own: Path, exists: bool) -> None:
    path = tmp_path / "v.pyv"
    if exists:
        pyvault.create_vault(path, keyfile=tmp_path / "k", environ={}, home=own).close()
    with (
        pyvault.open_vault("file", options={"path": str(path)}, environ={}, home=own) as vault,
        pytest.raises(InputRequiredError) as caught,
    ):
        vault.put("ci", access_key_id=KEY_ID, secret_access_key=KEY)
    assert "--" not in str(caught.value.hint)
    with pytest.raises(InputRequiredError):
        pyvault.create_vault(tmp_path / "other.pyv", environ={}, home=own)


# ------------------------------------------------------------ the rest


CALLS = {
    "get": ("ci",),
    "profiles": (),
    "list": (),
    "delete": ("ci",),
    "credentials": ("ci",),
    "boto3_session": ("ci",),
    "plan": ("ci",),
    "rotate": ("ci",),
    "totp": ("ci",),
    "clear_sessions": (),
    "invalidate": ("ci",),
}


@pytest.mark.parametrize("method", CALLS)
def test_a_closed_vault_says_so(own: Path, method: str) -> None:
    vault = pyvault.open_vault("memory", environ={}, home=own)
    vault.close()
    vault.close()
    with pytest.raises(VaultClosedError, match="the vault is closed"):
        getattr(vault, method)(*CALLS[method])
    assert repr(vault) == "<CredentialVault backend='memory' closed>"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"options": {"path": Path("v")}}, r"options\['path'\] must be a str, not PosixPath"),
        ({"environ": {"HOME": None}}, r"environ\['HOME'\] must be a str, not NoneType"),
        ({"backend": 1}, "backend must be a str, not int"),
        ({"options": "path=v"}, "options must be a Mapping, not str"),
        ({"ask": "passphrase"}, "ask must be a function"),
        ({"must_exist": "yes"}, "must_exist must be a bool, not str"),
        ({"config": 5}, r"config must be a str or a pathlib\.Path, not int"),
        ({"home": b"/home"}, r"home must be a str or a pathlib\.Path, not bytes"),
    ],
)
def test_wrong_types_are_told_when_opening(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        pyvault.open_vault(**arguments)


def test_a_passphrase_is_a_secret(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"passphrase must be a pyvault\.Secret, not str"):
        pyvault.create_vault(tmp_path / "v.pyv", passphrase="correct horse")  # type: ignore[arg-type]  # the test


@pytest.mark.parametrize("arguments", [{"path": 5}, {"path": None}, {"path": "v.pyv", "keyfile": b"key"}], ids=str)
def test_a_path_is_one(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"(path|keyfile) must be a str or a pathlib\.Path, not"):
        pyvault.create_vault(**arguments)


def test_a_relative_home_is_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    with pyvault.open_vault("file", environ={}, home="own", options={"keyfile": str(tmp_path / "key")}) as vault:
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert vault._runtime.paths.vault == tmp_path / "own/.local/share/pyvault/vault.pyv"
    with pytest.raises(ConfigError, match="the given HOME is no absolute path"):
        pyvault.open_vault("memory", environ={"HOME": "own"})


@pytest.mark.parametrize("attempt", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_open_vault_stays_in_its_process(own: Path, attempt: Callable[[object], object]) -> None:
    with (
        pyvault.open_vault("memory", environ={}, home=own) as vault,
        pytest.raises(TypeError, match="each process opens its own"),
    ):
        attempt(vault)


def test_what_is_installed_keeps_the_arguments_it_was_given(own: Path) -> None:
    environ, options = {"HOME": str(own)}, {"name": "team"}
    installed = pyvault.install(backend="memory", environ=environ, options=options)
    try:
        environ["HOME"] = options["name"] = "another"
        given = {"HOME": str(own)}
        assert pyvault.install(backend="memory", environ=given, options={"name": "team"}) is installed
    finally:
        installed.uninstall()


def test_a_weak_passphrase_is_taken_where_the_hint_is_followed(tmp_path: Path, own: Path) -> None:
    weak: dict[str, Any] = {"passphrase": Secret("short"), "options": {"weak_passphrase": "true", "kdf": "min"}}
    with pyvault.create_vault(tmp_path / "v.pyv", **weak, environ={}, home=own) as vault:
        assert vault.profiles() == []


@pytest.mark.parametrize("given", ["a text", None, Secret(b"bytes")])
def test_an_answer_that_is_no_secret_text_is_told_as_that(tmp_path: Path, own: Path, given: Any) -> None:
    with pytest.raises(UsageError, match=r"the answer of ask to 'new-passphrase' must be a pyvault\.Secret") as caught:
        pyvault.create_vault(tmp_path / "v.pyv", ask=lambda _: given, environ={}, home=own)
    assert "a text" not in str(caught.value)


def test_a_closed_vault_can_t_be_entered(own: Path) -> None:
    vault = pyvault.open_vault("memory", environ={}, home=own)
    vault.close()
    with pytest.raises(VaultClosedError), vault:
        pass


class _Quota(Exception):  # noqa: N818 - a program's own
    pass


@pytest.mark.parametrize("raised", [_Quota("no"), KeyError("token"), InvalidSettingError("ours")])
def test_what_the_programs_ask_raises_passes_as_it_is(tmp_path: Path, own: Path, raised: Exception) -> None:
    def ask(_: object) -> Secret[str]:
        raise raised

    pyvault.create_vault(tmp_path / "v.pyv", passphrase=LONG, options=CHEAP, environ={}, home=own).close()
    vault = pyvault.open_vault("file", options={"path": str(tmp_path / "v.pyv")}, ask=ask, environ={}, home=own)
    with pytest.raises(type(raised)) as caught:
        vault.profiles()
    assert caught.value is raised


def test_without_a_way_in_the_hint_names_the_arguments(tmp_path: Path, own: Path) -> None:
    pyvault.create_vault(tmp_path / "v.pyv", passphrase=LONG, options=CHEAP, environ={}, home=own).close()
    vault = pyvault.open_vault("file", options={"path": str(tmp_path / "v.pyv")}, environ={}, home=own)
    with pytest.raises(InputRequiredError) as caught:
        vault.profiles()
    assert "options={'keyfile': '...'}" in str(caught.value.hint)
    assert "ask=..." in str(caught.value.hint)
    with pytest.raises(InputRequiredError, match="passphrase") as caught:
        pyvault.create_vault(tmp_path / "new.pyv", environ={}, home=own)
    assert "keyfile=... or passphrase=..." in str(caught.value.hint)


def test_a_config_file_that_is_named_must_be_there(tmp_path: Path, own: Path) -> None:
    with pytest.raises(ConfigError, match="there is no config file at"):
        pyvault.open_vault("memory", config=tmp_path / "confg", environ={}, home=own)


def test_what_is_not_stored_is_told_with_what_is(own: Path) -> None:
    with pyvault.open_vault("memory", environ={}, home=own) as vault:
        for asked, way in ((vault.get, "profiles"), (vault.delete, "profiles"), (vault.totp, "put_totp")):
            with pytest.raises(ItemNotFoundError) as caught:
                asked("nobody")
            assert f"vault.{way}()" in str(caught.value.hint)


def test_no_credentials_says_where_it_looked(tmp_path: Path, own: Path) -> None:
    path = tmp_path / "teem.pyv"
    vault = pyvault.open_vault("file", options={"path": str(path), "kdf": "min"}, environ={}, home=own)
    with pytest.raises(PyvaultError, match="not found") as caught:
        vault.credentials("ci")
    assert f"looked in the backend 'file', and there is no vault '{path}'" in str(caught.value)


def test_an_empty_path_is_not_the_users_own_vault(own: Path) -> None:
    for name in ("path", "keyfile"):
        with pytest.raises(InvalidSettingError, match=f"the option '{name}' is empty"):
            pyvault.open_vault("file", options={name: ""}, environ={}, home=own)


def test_what_a_vault_and_its_key_are_is_said_once(tmp_path: Path, own: Path) -> None:
    path = tmp_path / "v.pyv"
    with pytest.raises(UsageError, match="the option 'path' is an argument here"):
        pyvault.create_vault(path, options={"path": "other.pyv"}, environ={}, home=own)
    with pytest.raises(UsageError, match="can't be one file"):
        pyvault.create_vault(path, keyfile=path, environ={}, home=own)
    assert not path.exists()
    with pyvault.create_vault(path, keyfile=tmp_path / "k", environ={}, home=own):
        pass
    with pytest.raises(VaultExistsError) as caught:
        pyvault.create_vault(path, keyfile=tmp_path / "k", environ={}, home=own)
    assert "open_vault" in str(caught.value.hint)


def test_a_path_in_the_place_of_a_backend_is_told_as_one(own: Path) -> None:
    with pytest.raises(PyvaultError, match="no backend called") as caught:
        pyvault.open_vault("team.pyv", environ={}, home=own).profiles()
    assert "options={'path': 'team.pyv'}" in str(caught.value.hint)
