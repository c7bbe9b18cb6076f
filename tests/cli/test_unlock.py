"""``unlock`` and ``lock``, and the commands between them: who is asked for a passphrase, and who is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import pyvault
from command_line import run_pyvault, variables
from headless import ASKS, PASSPHRASE, Login
from login_keys import end_keys
from pyvault.errors import InputRequiredError
from pyvault.login.kernel_keyring import kernel_keyring
from refusing_kernel import refusing

pytestmark = pytest.mark.kernel_keyring


@pytest.fixture
def login(tmp_path: Path) -> Iterator[Login]:
    made = Login(tmp_path)
    pair = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s" * 40}
    added = run_pyvault(tmp_path, "add", "x", "--no-verify", "--env", env={"PYVAULT_PASSPHRASE": PASSPHRASE, **pair})
    assert added.code == 0, added.err
    yield made
    end_keys(made.runtime, made.state)


def test_the_first_prompt_opens_the_vault_for_the_next_commands(login: Login) -> None:
    assert not login.is_open()
    assert login.at_terminal("list").count(ASKS) == 1
    assert ASKS not in login.at_terminal("list")
    assert login.is_open()
    assert login.run("lock").code == 0
    assert not login.is_open()
    assert login.at_terminal("list").count(ASKS) == 1


PAIR = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s" * 40}


@pytest.mark.parametrize("words", [("add", "x", "--no-verify", "--env"), ("vault", "init")], ids=" ".join)
def test_what_was_typed_to_make_a_vault_opens_it_for_the_next_commands(tmp_path: Path, words: tuple[str, ...]) -> None:
    login = Login(tmp_path)
    try:
        seen = login.at_terminal(*words, **PAIR)
        assert (seen.count(f"new {ASKS}"), seen.count("repeat")) == (1, 1), seen
        assert login.is_open()
        assert ASKS not in login.at_terminal("add", "y", "--no-verify", "--env", **PAIR)
        assert login.run("lock").code == 0
        assert not login.is_open()
    finally:
        end_keys(login.runtime, login.state)


@pytest.mark.parametrize("words", [("add", "x", "--no-verify", "--env"), ("vault", "init")], ids=" ".join)
@pytest.mark.parametrize(
    "source", ["PYVAULT_PASSPHRASE", "PYVAULT_NEW_PASSPHRASE", "PYVAULT_NEW_PASSPHRASE_FILE", "fd"]
)
def test_a_new_passphrase_that_was_given_opens_nothing_later(
    tmp_path: Path, words: tuple[str, ...], source: str
) -> None:
    login = Login(tmp_path)
    (tmp_path / "file").write_text(PASSPHRASE)
    (tmp_path / "file").chmod(0o600)
    value = str(tmp_path / "file") if source.endswith("FILE") else PASSPHRASE
    options = ("--new-passphrase-fd", "0") if source == "fd" else ()
    env = {} if source == "fd" else {source: value}
    made = run_pyvault(
        tmp_path, *words, *options, env={**login.environ, **PAIR, **env}, stdin=PASSPHRASE.encode() if options else None
    )
    assert made.code == 0, made.err
    assert not login.is_open()


def test_a_home_is_the_same_by_a_link(login: Login) -> None:
    link = login.home / "link"
    link.symlink_to(login.home)
    login.at_terminal("list")
    assert login.is_open()
    assert login.is_open(HOME=str(link))
    assert login.run("lock", HOME=str(link)).code == 0
    assert not login.is_open()


def test_unlock_asks_always_and_says_for_how_long(login: Login) -> None:
    seen = login.at_terminal("unlock", "--for", "2h")
    assert seen.count(ASKS) == 1
    assert "for 2h0m0s." in seen
    assert login.is_open()
    assert login.at_terminal("unlock").count(ASKS) == 1
    shown = json.loads(login.run("vault", "info", "--json").out)["unlocked"]
    assert shown["by"] == "kernel keyring"
    assert f"unlocked: until {shown['until']}, by the kernel keyring" in login.run("vault", "info").out
    assert "the vault is unlocked until" in login.run("doctor").out
    login.run("lock")
    assert json.loads(login.run("vault", "info", "--json").out)["unlocked"] is None
    assert "the vault is locked" in login.run("doctor").out


@pytest.mark.parametrize(
    ("words", "env", "code", "told"),
    [
        (["unlock", "--for", "13h"], {}, 5, "longer than 12 hours"),
        (["unlock", "--for", "soon"], {}, 5, "--for: 'soon'"),
        (["unlock", "--passphrase-fd", "0"], {}, 2, "takes no --passphrase-fd"),
        (["unlock", "--no-input"], {}, 4, "--no-input was given; provide it with a terminal"),
        (["unlock"], {"PYVAULT_PASSPHRASE": PASSPHRASE}, 4, "a terminal"),
        (["unlock"], {"PYVAULT_UNLOCK_TTL": "0"}, 5, "PYVAULT_UNLOCK_TTL or the setting unlock.ttl is 0"),
        (["unlock"], {"XDG_RUNTIME_DIR": "/nowhere"}, 5, "no runtime directory"),
        (["unlock"], {"HOME": "/nowhere", "XDG_STATE_HOME": "/proc/a", "XDG_DATA_HOME": "/proc/b"}, 3, "no vault at"),
        (["list"], {"PYVAULT_UNLOCK_TTL": "soon"}, 5, "PYVAULT_UNLOCK_TTL: 'soon'"),
    ],
)
def test_what_can_not_be_unlocked(login: Login, words: list[str], env: dict[str, str], code: int, told: str) -> None:
    ended = login.run(*words, **env)
    assert (ended.code, told in ended.err) == (code, True), ended.err
    assert not login.is_open()


def test_what_was_given_does_not_unlock_it(login: Login) -> None:
    (login.home / "file").write_text(PASSPHRASE)
    (login.home / "file").chmod(0o600)
    for given in ({"PYVAULT_PASSPHRASE": PASSPHRASE}, {"PYVAULT_PASSPHRASE_FILE": str(login.home / "file")}):
        assert login.is_open(**given)
        assert ASKS not in login.at_terminal("list", **given)
        assert not login.is_open()
    ended = run_pyvault(
        login.home, "vault", "entries", "--passphrase-fd", "0", env=login.environ, stdin=b"a green kettle"
    )
    assert ended.code == 0
    assert not login.is_open()


def test_what_is_given_goes_its_own_way(login: Login) -> None:
    login.at_terminal("unlock")
    wrong = login.run("vault", "entries", PYVAULT_PASSPHRASE="a green cattle")
    assert wrong.code == 4
    assert "wrong passphrase" in wrong.err
    assert login.run("vault", "entries", "--slot", "key file").code != 0
    assert login.run("vault", "entries", "--slot", "passphrase").code == 4, "one slot is wanted, and that is no cache"


#: What WARM-PATH calls sensitive: they ask in spite of an unlocked vault.
SENSITIVE = [
    "vault passwd",
    "vault rekey",
    "vault slot list",
    "vault slot add --recovery",
    "vault slot remove 0011223344556677 --yes",
    "vault export copy.pyv --to passphrase",
    "vault cat credential x --yes",
    "vault restore 1",
    "vault accept",
    "rotate x",
    "migrate --from file --to memory",
    "remove x --force",
    "rm x --force",
]


def test_sensitive_commands_ask_although_the_vault_is_unlocked(login: Login) -> None:
    login.at_terminal("unlock")
    for line in SENSITIVE:
        ended = login.run(*line.split())
        assert ended.code == 4, f"{line}: {ended.err}"
        assert ASKS in ended.err, f"{line}: {ended.err}"
    assert login.is_open(), "and they end nothing by asking"


def test_a_new_passphrase_a_rekey_and_a_removed_slot_end_it(login: Login) -> None:
    for line in ("vault passwd", "vault rekey"):
        login.at_terminal("unlock")
        assert login.is_open()
        seen = login.at_terminal(*line.split())
        assert "Changed the passphrase" in seen or "has a new key" in seen
        assert not login.is_open(), line
    login.at_terminal("vault", "slot", "add", "--recovery")
    slots = json.loads(login.run("vault", "slot", "list", "--json", PYVAULT_PASSPHRASE=PASSPHRASE).out)["slots"]
    code = next(slot["id"] for slot in slots if "recovery" in slot["kind"])
    assert login.is_open()
    login.at_terminal("vault", "slot", "remove", code, "--yes")
    assert not login.is_open()


def test_a_copy_of_the_home_and_each_half_alone_open_nothing(login: Login) -> None:
    login.at_terminal("unlock")
    keyring = kernel_keyring()
    assert keyring
    copy = login.home.with_name(f"{login.home.name}-copy")
    shutil.copytree(login.home, copy, symlinks=True)
    there: dict[str, str | None] = {"HOME": str(copy), "XDG_RUNTIME_DIR": str(copy / "run")}
    assert not login.is_open(**there), "the copy has the seed, and the kernel key of another state directory"
    seed = Path(login.place.directory, "unlock.seed")
    kept = seed.read_bytes()
    seed.unlink()
    assert not login.is_open(), "the kernel key alone"
    seed.write_bytes(kept)
    seed.chmod(0o600)
    assert login.is_open()
    assert keyring.end(login.place.prefix + "unlock")
    assert not login.is_open(), "the seed alone"


def test_after_the_time_nothing(login: Login) -> None:
    login.at_terminal("unlock", "--for", "1s")
    while login.is_open():
        pass
    login.at_terminal("list", PYVAULT_UNLOCK_TTL="1s")
    time.sleep(1.1)
    assert not login.is_open()


def test_the_setting(login: Login) -> None:
    config = login.home / ".config/pyvault/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[unlock]\nttl = 0\n")
    login.at_terminal("list")
    assert not login.is_open()
    config.write_text('[unlock]\nttl = "30m"\n')
    assert "for 30m0s after each use" in login.at_terminal("unlock")
    config.write_text("[unlock]\ntll = 1\n")
    assert "unknown setting 'unlock.tll'" in login.run("list").err


def test_python_uses_it_as_the_command_does(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(login.home, login.environ).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYVAULT_UNLOCK_TTL", raising=False)
    with pyvault.open_vault() as vault, pytest.raises(InputRequiredError):
        vault.profiles()
    with pyvault.open_vault(ask=lambda _question: pyvault.Secret(PASSPHRASE)) as vault:
        assert vault.profiles() == ["x"]
    assert not login.is_open(), "a program's answer is no person's"
    login.at_terminal("unlock")
    with pyvault.open_vault() as vault:
        assert vault.profiles() == ["x"]


JOIN_SESSION = """
import os, sys
from pyvault.login.kernel_keyring import kernel_keyring
keyring = kernel_keyring()
keyring._calls(keyring._keyctl, 1, None)  # KEYCTL_JOIN_SESSION_KEYRING, as pam_keyinit does for a login
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_another_login_of_the_user_finds_it(login: Login) -> None:
    ssh = (sys.executable, "-c", JOIN_SESSION)
    assert login.at_terminal("list", before=ssh).count(ASKS) == 1
    assert ASKS not in login.at_terminal("list", before=ssh)
    assert login.is_open(), "and so does a job without a terminal"


@pytest.mark.peer("unshare")
def test_a_user_namespace_has_to_ask(login: Login) -> None:
    if subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces here")
    login.at_terminal("unlock")
    assert login.at_terminal("list", before=("unshare", "--user", "--map-root-user")).count(ASKS) == 1


# ------------------------------------------------------------ where the kernel refuses


@pytest.mark.parametrize("number", [1, 38], ids=["EPERM", "ENOSYS"])
def test_where_the_kernel_refuses_there_is_no_cache(login: Login, number: int) -> None:
    login.at_terminal("unlock")
    for _ in range(2):
        seen = login.at_terminal("vault", "entries", before=refusing(number))
        assert seen.count(ASKS) == 1
        assert "credential" in seen
    assert "error" not in seen
    assert "kernel keyring: " in login.at_terminal("doctor", before=refusing(number))
    told = login.at_terminal("unlock", before=refusing(number))
    assert ASKS not in told
    assert "no vault can be kept open here: kernel keyring" in told
    assert login.is_open(), "elsewhere it still is"
    assert "Locked." in login.at_terminal("lock", before=refusing(number))
    assert not login.is_open(), "the other half is gone"


FULL = """
import os, sys
from pyvault.clock import moment
from pyvault.files.modes import make_directory
from pyvault.login.kept_keys import LoginKeys
from pyvault.login.kernel_keyring import KEY_SIZE, kernel_keyring
from pyvault.login.runtime_directory import Place
import fcntl
keyring, number = kernel_keyring(), 0
os.setgid(12345); os.setuid(12345)
try:
    while True:
        keyring.add(f"pyvault-test:{number}", bytes(KEY_SIZE), seconds=30)
        number += 1
except OSError as exc:
    assert exc.errno == 122, exc  # EDQUOT
try:
    keys = LoginKeys(Place(sys.argv[1], sys.argv[1]), "unlock", moment)
    assert keys.find("a") is None
    try:
        keys.keeper(seconds=10)
    except OSError as exc:
        print(exc.strerror)
finally:
    for each in range(number):
        keyring.end(f"pyvault-test:{each}")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody with a quota of their own")
def test_where_the_user_has_too_many_keys_there_is_no_cache(tmp_path: Path) -> None:
    for directory in (tmp_path, *tmp_path.parents):
        directory.chmod(directory.stat().st_mode | 0o755)
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    os.chown(own, 12345, 12345)
    ended = subprocess.run([sys.executable, "-c", FULL, own], capture_output=True, text=True, check=False)
    assert ended.stdout == "Disk quota exceeded\n", ended.stderr


def test_a_runtime_directory_that_cannot_be_written_is_no_cache(login: Login) -> None:
    (login.runtime / "pyvault").write_text("a file where a directory is needed")
    assert login.at_terminal("list").count(ASKS) == 1
    assert login.at_terminal("list").count(ASKS) == 1
    assert "counts for one command" in login.run("doctor").out


def test_a_lock_without_the_runtime_directory_ends_it_for_all(login: Login) -> None:
    """As a job of cron, or a container that shares the kernel, where the shell had XDG_RUNTIME_DIR."""
    login.at_terminal("unlock")
    assert login.is_open()
    assert login.run("lock", XDG_RUNTIME_DIR="/nowhere").code == 0
    assert not login.is_open()


def test_a_lock_that_leaves_something_says_so(login: Login) -> None:
    """The kernel doesn't let go, and neither does the directory: both ends are looked at."""
    login.at_terminal("unlock")
    seed = Path(login.place.directory, "unlock.seed")
    seed.unlink()
    seed.mkdir()  # can't be unlinked
    assert "Locked." in login.at_terminal("lock")
    told = login.at_terminal("lock", before=refusing(1))
    assert "could not be ended" in told
