"""What is answered from what was answered before: the same answer, or none."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import starts
from command_line import PYVAULT, Environ
from fake_aws.client import FakeAws
from login_keys import end_keys
from moved_time import MovedTime
from pyvault.login.halves import find_halves
from pyvault.login.kernel_keyring import kernel_keyring
from pyvault.login.runtime_directory import Place
from warm_home import SETTLED, WarmHome

pytestmark = pytest.mark.kernel_keyring
JSON = ("export", "reader", "--format", "json")
EXEC = ("exec", "reader", "--", "env")
URI, TOKEN = "$AWS_CONTAINER_CREDENTIALS_FULL_URI", "$AWS_CONTAINER_AUTHORIZATION_TOKEN"


@pytest.fixture
def home(tmp_path: Path, fake_aws: FakeAws) -> Iterator[WarmHome]:
    made = WarmHome(tmp_path, fake_aws)
    yield made
    end_keys(made.runtime, made.state)


def lines(text: str) -> list[str]:
    return sorted(line for line in text.splitlines() if not line.startswith("PYVAULT_WARM"))


FORMS = ("env", "export-env", "json", "ini", "fish", "powershell")


@pytest.mark.parametrize(
    "words",
    [
        EXEC,
        ("exec", "demo", "--duration", "20m", "--", "env"),
        ("exec", "reader", "--region", "us-east-2", "--", "sh", "-c", "env; pwd"),
        *(("export", "reader", "--format", form) for form in FORMS),
        ("export", "reader"),
    ],
    ids=" ".join,
)
def test_the_answer_is_the_ordinary_one(home: WarmHome, words: tuple[str, ...]) -> None:
    strays = {
        "AWS_BEARER_TOKEN_X": "gone",
        "AWS_ACCOUNT_ID": "999999999999",
        "OTHER": "kept\nhere",
        "AWS_SDK_LOAD_CONFIG": "1",
    }
    home.warm_up(*words, env=strays)
    ordinary = home.ordinary(*words, env=strays)
    assert home.known(*words, env=strays)
    warm = home.run(*words, env=strays)
    assert (warm.code, lines(warm.out), warm.err) == (0, lines(ordinary.out), "")
    assert "AWS_BEARER_TOKEN_X=gone" not in warm.out


def test_what_a_command_must_not_have_is_removed_also_if_it_came_later(home: WarmHome) -> None:
    home.warm_up(*EXEC)
    later: Environ = {"AMAZON_SECRET_KEY": "1", "AMAZON_ACCESS_KEY_ID": "x", "PROTON_PASS_PERSONAL_ACCESS_TOKEN": "t"}
    assert home.known(*EXEC, env=later)
    assert lines(home.run(*EXEC, env=later).out) == lines(home.ordinary(*EXEC, env=later).out)


def test_its_use_is_noted_for_the_picker(home: WarmHome) -> None:
    home.warm_up(*JSON)
    [noted] = (home.state / "recent").iterdir()
    os.utime(noted, (1, 1))
    assert home.known(*JSON)
    home.run(*JSON)
    assert noted.stat().st_mtime > 1
    noted.unlink()
    home.run(*JSON)
    assert noted.exists()


def test_the_program_is_searched_each_time(home: WarmHome, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    words = ("exec", "reader", "--", "tool")
    tool = tools / "tool"
    path = {"PATH": f"{PYVAULT.parent}:{tools}:/usr/bin:/bin"}
    tool.write_text("#!/bin/sh\necho one\n")
    tool.chmod(0o755)
    assert home.warm_up(*words, env=path).out == "one\n"
    tool.write_text("#!/bin/sh\necho two; kill -PIPE $$\n")
    ended = home.run(*words, env=path)
    assert (ended.code, ended.out) == (-13, "two\n")
    tool.chmod(0o644)
    assert home.run(*words, env=path).code == 126
    tool.unlink()
    assert home.known(*words, env=path)
    assert home.run(*words, env=path).code == 127
    assert home.run("exec", "reader", "--", str(tools), env=path).code == 126


def edited(path: Path) -> None:
    path.write_text(path.read_text() + "# a comment\n")


def replaced(path: Path) -> None:
    shutil.copy2(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def made(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


CHANGES: dict[str, Callable[[WarmHome], object]] = {
    "the config is edited": lambda home: edited(home.config),
    "the config is replaced by its copy": lambda home: replaced(home.config),
    "the config can't be read": lambda home: home.config.chmod(0o640),
    "the config is gone": lambda home: home.config.unlink(),
    "a credentials file appears": lambda home: made(home.home / ".aws" / "credentials"),
    "our settings appear": lambda home: made(home.home / ".config" / "pyvault" / "config.toml"),
    "the vault is replaced by its copy": lambda home: replaced(home.data / "vault.pyv"),
    "the vault is gone": lambda home: (home.data / "vault.pyv").unlink(),
    "the vault is open to others": lambda home: (home.data / "vault.pyv").chmod(0o644),
    "a link stands for the vault": lambda home: (
        (home.data / "vault.pyv").rename(home.data / "v"),
        (home.data / "vault.pyv").symlink_to("v"),
    ),
    "the directory of the vault is open to others": lambda home: home.data.chmod(0o777),
    "one above it is": lambda home: home.data.parent.chmod(0o777),
    "the state directory is": lambda home: home.state.chmod(0o777),
    "the memory of vaults is gone": lambda home: (home.state / "trust.json").unlink(),
    "the sessions are replaced": lambda home: [replaced(path) for path in home.data.glob("sessions-*.pyv")],
    "the sessions are gone": lambda home: [path.unlink() for path in home.data.glob("sessions-*.pyv")],
    "a clearing was remembered": lambda home: [
        made(home.state / f"{path.stem}.cleared", "9999999999\n") for path in home.data.glob("sessions-*.pyv")
    ],
    "the key file is another": lambda home: made(home.home / "key", KEY_OF_ANOTHER),
    "the key file is open to others": lambda home: (home.home / "key").chmod(0o644),
}
KEY_OF_ANOTHER = f"pyvault-keyfile-v1:{'B' * 43}=\n"


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_of_a_file_the_ordinary_path_decides(home: WarmHome, change: str) -> None:
    home.warm_up(*JSON)
    assert home.known(*JSON)
    CHANGES[change](home)
    assert home.known(*JSON) is None
    assert home.run(*JSON).code == home.ordinary(*JSON).code


@pytest.mark.parametrize("words", [("exec",), ("exec", "-s")], ids=" ".join)
def test_a_policy_file_that_was_edited_is_another_session(home: WarmHome, words: tuple[str, ...]) -> None:
    def allow(action: str) -> None:
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        (home.home / "policy").write_text(json.dumps(policy))

    def sent() -> list[str]:
        return [json.loads(call["params"]["Policy"])["Statement"][0]["Action"] for call in home.aws.calls("AssumeRole")]

    shown = "printenv AWS_ACCESS_KEY_ID" if "-s" not in words else f"curl -s -H Authorization:{TOKEN} {URI}"
    for place in ("policy", str(home.home / "policy")):
        line = (*words, "reader", "--policy-file", place, "--", "sh", "-c", shown)
        home.run("clear")
        home.aws.clear_calls()
        allow("s3:GetObject")
        first = home.warm_up(*line)
        assert home.run(*line).out == first.out
        with contextlib.chdir(home.home):
            assert home.known(*line)
        allow("s3:PutObject")
        with contextlib.chdir(home.home):
            assert home.known(*line) is None
        assert home.run(*line).out != first.out
        assert sent() == ["s3:GetObject", "s3:PutObject"]
        allow("s3:GetObject")
        assert home.run(*line).out == first.out  # its session is still there


def test_another_question_has_another_answer(home: WarmHome) -> None:
    home.warm_up(*JSON)
    assert home.known(*JSON)
    assert home.known(*JSON[:-1], "env") is None
    assert home.known("export", "demo", "--format", "json") is None
    for env in (
        {"AWS_REGION": "eu-west-2"},
        {"AWS_PROFILE": "demo"},
        {"AWS_ROLE_SESSION_NAME": "other"},
        {"AWS_MIN_TTL": "30m"},
        {"AWS_VAULT": "demo"},
        {"PYVAULT_FILE": str(home.data / "vault.pyv")},
        {"PYVAULT_KEYFILE": None},
        {"PYVAULT_BACKEND": "pass"},
        {"XDG_DATA_HOME": str(home.home)},
        {"HOME": str(home.runtime)},
        {"REQUESTS_CA_BUNDLE": "/x"},
        {"PYVAULT_PASSPHRASE": "correct horse battery"},
        {"PV_NAMES": "AWS_REGION"},
    ):
        assert home.known(*JSON, env=env) is None, env
    assert home.known(*JSON, env={"EDITOR": "vi", "SHLVL": "9", "PATH": "/bin"})


def test_a_relative_path_means_this_directory(home: WarmHome, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for place, region in ((here, "eu-north-1"), (there, "eu-south-1")):
        place.mkdir()
        (place / "config").write_text(home.config.read_text().replace("eu-west-1", region))
    env = {"AWS_CONFIG_FILE": "config"}
    words = ("exec", "reader", "--", "printenv", "AWS_REGION")
    home.warm_up(*words, env=env, cwd=here)
    assert home.run(*words, env=env, cwd=here).out == "eu-north-1\n"
    assert home.run(*words, env=env, cwd=there).out == "eu-south-1\n"
    keyfile = {"PYVAULT_KEYFILE": "key"}
    home.warm_up(*words, env=keyfile, cwd=home.home)
    assert home.run(*words, env=keyfile, cwd=there).code == 5


NEVER: dict[str, tuple[tuple[str, ...], Environ]] = {
    "long-lived keys": (("export", "demo", "-n", "--format", "json"), {}),
    "no cache": ((*JSON, "--no-cache"), {}),
    "a refresh": ((*JSON, "--refresh"), {}),
    "debug": ((*JSON, "--debug"), {}),
    "a code": ((*JSON, "-t", "123456"), {}),
    "another profile for the command": (("exec", "reader", "--profile-env", "--", "true"), {}),
    "a view": (("exec", "reader", "--hide-shared-config", "--", "true"), {}),
    "the shell": (("exec", "reader"), {"SHELL": "/bin/true"}),
    "no dashes": (("exec", "reader", "true"), {}),
    "turned off": (JSON, {"PYVAULT_WARM": "0"}),
    "a key of the surroundings": (
        ("export", "around", "--format", "json"),
        {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
    ),
    "a command of the config": (("export", "made", "--format", "json"), {}),
    "a key in plain text": (("export", "plain", "--allow-plaintext-source", "--format", "json"), {}),
    "a passphrase beside it": (JSON, {"PYVAULT_NEW_PASSPHRASE": "correct horse battery"}),
}


@pytest.mark.parametrize("what", NEVER)
def test_some_answers_are_never_kept(home: WarmHome, what: str) -> None:
    pair = home.aws.demo_key()
    role = f"role_arn = {home.aws.role_arn('reader')}\nregion = eu-west-1\nendpoint_url = {home.aws.url}\n"
    script = home.home / "process"
    answer = {"Version": 1, "AccessKeyId": pair.access_key_id, "SecretAccessKey": pair.secret_access_key}
    script.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    script.chmod(0o755)
    home.config.write_text(
        home.config.read_text()
        + f"[profile around]\ncredential_source = Environment\n{role}"
        + f"[profile process]\ncredential_process = {script}\n[profile made]\nsource_profile = process\n{role}"
        + f"[profile keys]\naws_access_key_id = {pair.access_key_id}\n"
        + f"aws_secret_access_key = {pair.secret_access_key}\n[profile plain]\nsource_profile = keys\n{role}"
    )
    words, environ = NEVER[what]
    env = dict(environ)
    if "AWS_ACCESS_KEY_ID" in env:
        env |= {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    home.warm_up(*words, env=env)
    assert not home.entries.exists() or not list(home.entries.iterdir())


def test_the_settings_turn_it_off_at_once(home: WarmHome) -> None:
    home.warm_up(*JSON)
    made(home.home / ".config" / "pyvault" / "config.toml", "[warm]\nenabled = false\n")
    assert home.known(*JSON) is None
    before = sorted(path.stat().st_mtime_ns for path in home.entries.iterdir())
    home.warm_up(*JSON)
    assert sorted(path.stat().st_mtime_ns for path in home.entries.iterdir()) == before
    made(home.home / ".config" / "pyvault" / "config.toml", "[warm]\nstores = 6\n")
    assert home.run(*JSON).code == 5


ENDINGS: dict[str, tuple[str, ...]] = {
    "lock": ("lock",),
    "clear": ("clear",),
    "clear --all": ("clear", "--all"),
    "clear of another": ("clear", "nobody"),
    "remove": ("remove", "demo", "--force"),
    "remove of another": ("remove", "other", "--force"),
    "vault rekey": ("vault", "rekey"),
    "vault accept": ("vault", "accept"),
    "sso logout": ("sso", "logout"),
}


@pytest.mark.parametrize("ending", [*ENDINGS, "add"])
def test_nothing_is_answered_after(home: WarmHome, ending: str) -> None:
    home.add("other", "mfa-user")
    home.warm_up(*JSON)
    entry = next(home.entries.iterdir())
    kept = entry.read_bytes()
    assert home.known(*JSON)
    if ending == "add":
        home.add("third")
    else:
        home.run(*ENDINGS[ending])
    assert home.known(*JSON) is None
    assert not home.entries.exists()
    made(entry)
    entry.write_bytes(kept)  # a copy that somebody kept
    assert home.known(*JSON) is None


@pytest.mark.parametrize(
    "env",
    [{"XDG_STATE_HOME": "relative"}, {"HOME": "{home}/"}, {"HOME": "{home}/./"}, {"HOME": "{home}/link"}],
    ids=str,
)
def test_an_environment_that_tells_the_place_otherwise_ends_it_too(home: WarmHome, env: dict[str, str]) -> None:
    (home.home / "link").symlink_to(home.home)
    home.warm_up(*JSON)
    assert home.known(*JSON)
    kept = {path: path.read_bytes() for path in home.entries.iterdir()}
    assert home.run("lock", env={name: value.format(home=home.home) for name, value in env.items()}).code == 0
    home.entries.mkdir(exist_ok=True)
    for path, content in kept.items():
        made(path)
        path.write_bytes(content)
    assert home.known(*JSON) is None


INTERRUPTED = """
import os, sys
from pyvault_cli.__main__ import answer
class Interrupting(dict):
    def get(self, *_):
        raise KeyboardInterrupt
os.environ = Interrupting()
answer(sys.argv[1:])
"""


@pytest.mark.parametrize(("form", "out"), [("export-env", "false\n"), ("json", "")])
def test_ctrl_c_does_not_let_a_shell_go_on(form: str, out: str) -> None:
    words = ("export", "reader", "--format", form)
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED, *words], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, out, "pyvault: error: cancelled\n")


def swapped(home: WarmHome, entry: Path) -> None:
    other = next(path for path in home.entries.iterdir() if path != entry)
    other.rename(entry)


DAMAGES: dict[str, Callable[[WarmHome, Path], object]] = {
    "flipped": lambda _, entry: entry.write_bytes(entry.read_bytes()[:-1] + bytes([entry.read_bytes()[-1] ^ 1])),
    "cut off": lambda _, entry: entry.write_bytes(entry.read_bytes()[:-1]),
    "longer": lambda _, entry: entry.write_bytes(entry.read_bytes() + b"\0"),
    "empty": lambda _, entry: entry.write_bytes(b""),
    "huge": lambda _, entry: os.truncate(entry, 1 << 40),
    "gone": lambda _, entry: entry.unlink(),
    "swapped": swapped,
    "open to others": lambda _, entry: entry.chmod(0o644),
    "a pipe": lambda _, entry: (entry.unlink(), os.mkfifo(entry)),
    "a directory": lambda _, entry: (entry.unlink(), entry.mkdir()),
    "a link": lambda _, entry: (entry.rename(entry.with_name("x")), entry.symlink_to("x")),
    "without its seed": lambda home, _: next(home.runtime.rglob("warm.seed")).unlink(),
    "with another seed": lambda home, _: next(home.runtime.rglob("warm.seed")).write_bytes(bytes(32)),
    "with an open seed": lambda home, _: next(home.runtime.rglob("warm.seed")).chmod(0o640),
    "with an open runtime directory": lambda home, _: home.runtime.chmod(0o755),
    "without its kernel key": lambda home, _: end_kernel_key(home),
}


def end_kernel_key(home: WarmHome) -> None:
    keyring = kernel_keyring()
    assert keyring
    assert keyring.end(Place(str(home.runtime), str(home.state)).prefix + "warm")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_none(home: WarmHome, damage: str) -> None:
    home.warm_up(*JSON)
    [entry] = home.entries.iterdir()
    if damage == "swapped":
        home.run(*EXEC)
    assert home.known(*JSON)
    DAMAGES[damage](home, entry)
    assert home.known(*JSON) is None
    assert json.loads(home.run(*JSON).out)["AccessKeyId"] == json.loads(home.ordinary(*JSON).out)["AccessKeyId"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_entry_of_another_user_is_none(home: WarmHome) -> None:
    home.warm_up(*JSON)
    [entry] = home.entries.iterdir()
    os.chown(entry, 12345, -1)
    assert home.known(*JSON) is None


def test_a_copy_of_the_home_opens_nothing(home: WarmHome, tmp_path: Path) -> None:
    home.warm_up(*JSON)
    [entry] = home.entries.iterdir()
    assert b"ASIA" not in entry.read_bytes()
    copy = tmp_path / "copy"
    shutil.copytree(home.state, copy / ".local" / "state" / "pyvault")
    shutil.copytree(home.runtime, copy / "run")
    assert home.known(*JSON, env={"HOME": str(copy)}) is None
    assert home.known(*JSON, env={"XDG_STATE_HOME": str(copy / ".local" / "state")}) is None
    assert find_halves(Place(str(copy / "run"), str(copy / ".local" / "state" / "pyvault")), "warm") is None


@pytest.mark.parametrize(
    ("what", "env"),
    [("no runtime directory", {"XDG_RUNTIME_DIR": "/nowhere"}), ("no home", {"HOME": None, "XDG_STATE_HOME": "rel"})],
)
def test_without_a_place_the_ordinary_path_answers(home: WarmHome, what: str, env: Environ) -> None:
    if what == "no runtime directory" and Path(f"/run/user/{os.geteuid()}").is_dir():
        pytest.skip("this user has another runtime directory")
    one, other = (
        home.warm_up(*JSON, env=env) if "HOME" not in env else home.run(*JSON, env=env),
        home.ordinary(*JSON, env=env),
    )
    assert (one.code, one.out, one.err) == (other.code, other.out, other.err)
    assert not home.entries.exists()


def test_where_nothing_can_be_written_the_ordinary_path_answers(home: WarmHome) -> None:
    home.run(*JSON)
    made(home.entries)  # a file in the place of the directory
    home.warm_up(*JSON)
    ended = home.run(*JSON)
    assert (ended.code, ended.err) == (0, "")
    assert home.entries.is_file()


MOUNTS = {
    "a read-only home": "mount --bind {home} {home} && mount -o remount,ro,bind {home} && ! touch {home}/x 2> /dev/null",
    "a full disk": "mount -t tmpfs -o size=4k,mode=700 none {warm} && ! head -c 9999 /dev/zero 2> /dev/null > {warm}/x",
    "a read-only runtime directory": "mount --bind {run} {run} && mount -o remount,ro,bind {run} && ! touch {run}/x 2> /dev/null",
}


@pytest.mark.peer("unshare")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts without a user namespace")
@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("ended", [False, True], ids=["with keys", "without"])
def test_where_nothing_can_be_written_nothing_is_said(home: WarmHome, mount: str, ended: bool) -> None:
    home.warm_up(*EXEC)
    if ended:
        assert home.run("lock").code == 0
        home.entries.mkdir()
    places = {"home": home.home, "warm": home.entries, "run": home.runtime}
    script = f'{MOUNTS[mount].format_map(places)} || exit 9; pyvault "$@"; pyvault "$@"'
    ran = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *JSON],
        env=dict(home.variables()), capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == 2 * home.ordinary(*JSON).out


def test_old_entries_go_where_there_are_many(home: WarmHome) -> None:
    home.warm_up(*JSON)
    for number in range(300):
        (home.entries / f"{number:064}").touch()
        os.utime(home.entries / f"{number:064}", (number, number))
    home.run(*EXEC)
    assert len(list(home.entries.iterdir())) < 140
    assert home.known(*JSON)
    assert all(
        stat.S_IMODE(path.stat().st_mode) == 0o600
        for path in home.entries.iterdir()
        if not path.name.startswith("0000")
    )


def test_many_processes_at_once_get_the_same(home: WarmHome) -> None:
    home.warm_up(*JSON)
    expected = json.loads(home.ordinary(*JSON).out)
    children = [
        starts.Popen([PYVAULT, *JSON], env=dict(home.variables()), cwd=home.home, stdout=-1, stderr=-1)
        for _ in range(64)
    ]
    for child in children:
        out, err = child.communicate(timeout=120)
        assert (child.returncode, json.loads(out), err) == (0, expected, b"")
    edited(home.config)
    racing = [
        starts.Popen([PYVAULT, *JSON], env=dict(home.variables()), cwd=home.home, stdout=-1, stderr=-1)
        for _ in range(16)
    ]
    assert home.run("clear").code == 0
    for child in racing:
        assert json.loads(child.communicate(timeout=120)[0])
        assert child.returncode == 0
    assert home.known(*JSON) is None


def test_a_program_that_changes_a_store_ends_it(home: WarmHome) -> None:
    home.warm_up(*JSON)
    assert home.known(*JSON)
    script = "import sys, pyvault\nwith pyvault.open_vault() as vault: vault.delete('nobody') if sys.argv[1:] else vault.put('x', access_key_id='AKIAIOSFODNN7EXAMPLE', secret_access_key=pyvault.Secret('s' * 40))"
    subprocess.run([sys.executable, "-c", script], env=dict(home.variables()), check=True)
    assert home.known(*JSON) is None
    assert not home.entries.exists()


REFUSALS = ("keyctl,add_key:error=EPERM", "keyctl,add_key:error=ENOSYS", "add_key:error=EDQUOT", "keyctl:error=EACCES")


@pytest.mark.peer("strace")
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_kernel_that_refuses_is_no_error(home: WarmHome, refusal: str) -> None:
    home.run(*JSON)
    time.sleep(SETTLED)
    end_keys(home.runtime, home.state)
    calls = refusal.partition(":")[0]
    filtered = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={refusal}"]
    ended = subprocess.run(
        [*filtered, PYVAULT, *JSON], env=dict(home.variables()), capture_output=True, check=False, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == json.loads(home.ordinary(*JSON).out)
    assert home.known(*JSON) is None
    cleared = subprocess.run(
        [*filtered, PYVAULT, "clear"], env=dict(home.variables()), capture_output=True, check=False
    )
    assert cleared.returncode == 0, cleared.stderr


@pytest.mark.peer("faketime")
def test_the_clock_may_be_set_back_and_forth(home: WarmHome, tmp_path: Path) -> None:
    time_of_day = MovedTime(tmp_path / "time")
    home.warm_up(*JSON)
    assert home.known(*JSON)
    script = "import sys; from pyvault.warm.replay import find_answer; import os; print(find_answer(sys.argv[1:], os.environ) is not None)"

    def known_at(seconds: float) -> str:
        time_of_day.move(seconds - time_of_day.ahead)
        env = {**home.variables(), **time_of_day.environ}
        ended = subprocess.run(
            [sys.executable, "-c", script, *JSON], env=env, capture_output=True, check=True, text=True
        )
        return ended.stdout.strip()

    hour = 3600
    assert [known_at(seconds) for seconds in (0, hour - 400, hour - 290, hour, 24 * hour)] == [
        "True",
        "True",
        *["False"] * 3,
    ]
    assert known_at(-60) == "False"
    assert known_at(0) == "True"
