"""As a script user: without a terminal, a proper home, a locale, a stdin."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import KAT1, KAT1_PASSPHRASE, PYVAULT, Environ, Pyvault, clean_environ

LINES = b"AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG\n"
ADD = ("--stdin", "--no-verify")
CHOICE = ".local/state/pyvault/choice.json"
KEPT = "From now on keys are kept in '{}'; 'pyvault backends list' shows the others."


@pytest.fixture
def known_vault(tmp_path: Path) -> Path:
    path = tmp_path / "kat" / "kat1.pyv"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(KAT1.read_bytes())
    path.chmod(0o600)
    return path


def test_a_home_that_does_not_exist_is_made(pyvault: Pyvault, tmp_path: Path) -> None:
    home = tmp_path / "none" / "yet"
    env: Environ = {"HOME": str(home), "PYVAULT_PASSPHRASE": "x"}
    assert pyvault("list", env=env).code == 0
    assert not home.exists(), "looking makes nothing"
    assert pyvault("add", "a", *ADD, env=env, stdin=LINES).code == 0
    assert pyvault("export", "a", "-n", env=env).code == 0
    assert stat.S_IMODE((home / ".local/share/pyvault").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / ".aws").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / ".aws/config").stat().st_mode) == 0o600


def test_without_home_in_the_environment(pyvault: Pyvault, tmp_path: Path) -> None:
    places = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("DATA", "STATE", "CONFIG", "CACHE")}
    env: Environ = {"HOME": None, **places, "AWS_CONFIG_FILE": str(tmp_path / "aws"), "PYVAULT_PASSPHRASE": "x"}
    assert pyvault("add", "a", *ADD, env=env, stdin=LINES).code == 0
    assert pyvault("list", "--credentials", env=env).out == "a\n"


def unwritable_home(tmp_path: Path) -> Path:
    """A place where not even root can make a file."""
    if os.geteuid() == 0:
        return Path("/sys/kernel")
    home = tmp_path / "read-only"
    home.mkdir(mode=0o500)
    return home


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a file system that root can't write")
@pytest.mark.parametrize("words", [["add", "a", *ADD], ["vault", "init"]])
def test_a_read_only_home_is_a_clear_error(pyvault: Pyvault, tmp_path: Path, words: list[str]) -> None:
    home = str(unwritable_home(tmp_path))
    ended = pyvault(*words, env={"HOME": home, "PYVAULT_PASSPHRASE": "x"}, stdin=LINES)
    assert ended.code in {1, 5}
    assert "Traceback" not in ended.err
    assert ended.err.startswith("pyvault: error: ")
    assert home in ended.err
    assert "pyvault: hint: '" in ended.err
    assert "names another place" in ended.err


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a file system that root can't write")
def test_a_session_is_good_where_it_can_not_be_kept(pyvault: Pyvault, tmp_path: Path, known_vault: Path) -> None:
    answer = {"Version": 1, "AccessKeyId": "ASIAEXAMPLEEXAMPLE00", "SecretAccessKey": "x", "SessionToken": "y"}
    (tmp_path / "answer").write_text(json.dumps(answer | {"Expiration": "2100-01-01T00:00:00Z"}))
    (tmp_path / "config").write_text(f"[profile p]\nregion = eu-west-1\ncredential_process = cat {tmp_path}/answer\n")
    env: Environ = {
        "HOME": str(unwritable_home(tmp_path)),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "PYVAULT_FILE": str(known_vault),
        "PYVAULT_PASSPHRASE": KAT1_PASSPHRASE,
    }
    ended = pyvault("exec", "p", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID", env=env)
    assert (ended.code, ended.out) == (0, "ASIAEXAMPLEEXAMPLE00\n"), ended.err


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="takes root's right to read anything away")
@pytest.mark.peer("setpriv")
@pytest.mark.parametrize("words", [["list"], ["exec", "-n", "a", "--", "true"], ["add", "b", *ADD]])
def test_an_unreadable_state_directory_has_the_same_hint(pyvault: Pyvault, tmp_path: Path, words: list[str]) -> None:
    env: Environ = {"PYVAULT_PASSPHRASE": "x", "HOME": str(tmp_path), "PYVAULT_BACKEND": "file"}
    assert pyvault("add", "a", *ADD, env=env, stdin=LINES).code == 0
    state = tmp_path / ".local/state/pyvault"
    state.chmod(0)
    try:
        ended = subprocess.run(
            ["setpriv", "--inh-caps=-all", "--bounding-set=-all", PYVAULT, *words],
            env=clean_environ(tmp_path) | {"PYVAULT_PASSPHRASE": "x", "PYVAULT_BACKEND": "file"},
            input=LINES, capture_output=True, check=False,
        )  # fmt: skip
    finally:
        state.chmod(0o700)
    assert ended.returncode == 5
    assert f"pyvault: hint: '{state}' must be readable and writable, with free disk space".encode() in ended.stderr


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a file system that root can't write")
def test_reading_works_in_a_read_only_home(pyvault: Pyvault, tmp_path: Path, known_vault: Path) -> None:
    env: Environ = {
        "HOME": str(unwritable_home(tmp_path)),
        "PYVAULT_FILE": str(known_vault),
        "PYVAULT_PASSPHRASE": KAT1_PASSPHRASE,
    }
    ended = pyvault("vault", "verify", env=env)
    assert ended.code == 0
    assert ended.err.count("warning") == 1, "that the vault can't be remembered is said once"


@pytest.mark.parametrize("spelling", [KAT1_PASSPHRASE, "Cafe\u0301 correct horse"])
@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"},
    ],
    ids=["C", "ascii", "latin-1"],
)
def test_locales(pyvault: Pyvault, known_vault: Path, locale: Environ, spelling: str) -> None:
    env: Environ = {"LANG": None, **locale, "PYVAULT_FILE": str(known_vault), "PYVAULT_PASSPHRASE": spelling}
    ended = pyvault("vault", "entries", env=env)
    assert ended.code == 0, ended.err
    assert ended.out.count("prod") == 2


def test_names_that_the_locale_lacks_are_escaped(pyvault: Pyvault, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile \u4f60\u597d]\nregion = x\n", encoding="utf-8")
    env: Environ = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}
    ended = pyvault("list", "--profiles", env=env)
    assert (ended.code, ended.stdout) == (0, b"\\u4f60\\u597d\n")


def test_paths_with_spaces(pyvault: Pyvault, tmp_path: Path) -> None:
    home = tmp_path / "my home; rm -rf $HOME 'quoted'"
    keyfile = tmp_path / "key file"
    env: Environ = {"HOME": str(home), "PYVAULT_FILE": str(home / "a vault/the vault.pyv")}
    assert pyvault("vault", "init", "--keyfile", str(keyfile), env=env).code == 0
    env["PYVAULT_KEYFILE"] = str(keyfile)
    assert pyvault("add", "a b", *ADD, env=env, stdin=LINES).code == 0
    ended = pyvault("exec", "-n", "a b", "--", "sh", "-c", 'echo "$AWS_VAULT"', env=env)
    assert (ended.code, ended.out) == (0, "a b\n")


@pytest.mark.parametrize("settings", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"TERM": None}])
def test_no_colour_where_none_is_wanted(pyvault: Pyvault, settings: Environ) -> None:
    ended = pyvault("nothing", env=settings)
    assert "\x1b" not in ended.err


def test_nothing_waits_for_stdin(tmp_path: Path, keyed: Environ) -> None:
    """stdin is a pipe that nobody writes to and nobody closes: whoever reads it hangs."""
    reading, writing = os.pipe()
    env = {**clean_environ(tmp_path), **{name: value for name, value in keyed.items() if value}}
    for words in (["list"], ["vault", "verify"], ["add", "x"], ["vault", "passwd"], ["remove", "x"], ["exec", "x"]):
        ended = subprocess.run(
            [PYVAULT, *words],
            stdin=reading,
            capture_output=True,
            env=env,
            timeout=60,
            start_new_session=True,
            check=False,
        )
        assert ended.returncode in {0, 2, 3, 4}, words
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["add", "x"], ["--env", "--stdin", "--csv"]),
        (["vault", "cat", "credential", "x"], ["--yes"]),
        (["vault", "purge"], ["--yes"]),
        (["vault", "slot", "add", "--passphrase"], ["--new-passphrase-fd", "PYVAULT_NEW_PASSPHRASE"]),
    ],
)
def test_no_input_names_the_ways(pyvault: Pyvault, keyed: Environ, words: list[str], named: list[str]) -> None:
    ended = pyvault("--no-input", *words, env=keyed)
    assert ended.code == 4
    assert "--no-input" in ended.err
    assert all(way in ended.err for way in named)


def test_the_first_add_makes_the_vault_and_records_the_choice(pyvault: Pyvault, tmp_path: Path) -> None:
    env: Environ = {"PYVAULT_BACKEND": None, "PYVAULT_PASSPHRASE": "x"}
    first = pyvault("add", "a", *ADD, env=env, stdin=LINES)
    assert first.code == 0
    assert first.err.count(KEPT.format("file")) == 1
    second = pyvault("add", "b", *ADD, env=env, stdin=LINES)
    assert "From now on" not in second.err
    assert '"backend": "file"' in (tmp_path / CHOICE).read_text()


def test_a_backend_by_the_flag_is_recorded_with_the_first_key_only(pyvault: Pyvault, tmp_path: Path) -> None:
    env: Environ = {"PYVAULT_BACKEND": None, "PYVAULT_PASSPHRASE": "x"}
    refused = pyvault("--backend", "file", "add", "a", "--stdin", "--no-verify", env=env, stdin=b"no key")
    assert (refused.code, "From now on" in refused.err, (tmp_path / CHOICE).exists()) == (1, False, False)
    first = pyvault("--backend", "file", "add", "a", *ADD, env=env, stdin=LINES)
    assert (first.code, first.err.count(KEPT.format("file"))) == (0, 1)
    assert json.loads((tmp_path / CHOICE).read_text())["backend"] == "file"
    later = pyvault("--backend", "memory", "add", "a", *ADD, env=env, stdin=LINES)
    assert (later.code, "From now on" in later.err) == (0, False), later.err
    assert json.loads((tmp_path / CHOICE).read_text())["backend"] == "file"


@pytest.mark.parametrize(
    ("words", "variable", "setting"),
    [
        ([], "file", ""),  # a variable alone
        (["--backend", "file"], "memory", ""),  # what it overrides stays
        (["--backend", "file"], None, 'backend = "memory"\n'),
        (["--backend", "file", "--backend-option", "path=elsewhere.pyv"], None, ""),  # another place without the option
        (["--backend", "memory"], None, ""),  # nothing is kept there
    ],
)
def test_a_backend_is_not_recorded_where_that_would_decide_nothing(
    pyvault: Pyvault, tmp_path: Path, words: list[str], variable: str | None, setting: str
) -> None:
    config = tmp_path / ".config" / "pyvault" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(setting)
    environ: Environ = {"PYVAULT_BACKEND": variable, "PYVAULT_PASSPHRASE": "x"}
    ended = pyvault(*words, "add", "a", *ADD, env=environ, stdin=LINES)
    assert (ended.code, "From now on" in ended.err) == (0, False), ended.err
    assert not (tmp_path / CHOICE).exists()


def test_key_file_that_is_not_there(pyvault: Pyvault) -> None:
    ended = pyvault("add", "a", *ADD, env={"PYVAULT_KEYFILE": "none"}, stdin=LINES)
    assert ended.code == 5
    assert "vault init --keyfile" in ended.err
