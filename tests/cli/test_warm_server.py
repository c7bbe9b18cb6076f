"""``exec`` with a server whose first answer is known: the command begins at once, the rest is decided beside it."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import PYVAULT, Environ, run_pyvault, variables
from fake_aws.client import FakeAws
from headless import ASKS, PASSPHRASE, Login
from login_keys import end_keys
from pyvault.warm.replay import find_answer
from refusing_kernel import PROCESSES, refusing
from warm_home import SETTLED, WarmHome

pytestmark = pytest.mark.kernel_keyring
ASK = 'curl -s -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" "$AWS_CONTAINER_CREDENTIALS_FULL_URI"'
SERVED = ("exec", "-s", "reader", "--", "sh", "-c", ASK)


@pytest.fixture
def home(tmp_path: Path, fake_aws: FakeAws) -> Iterator[WarmHome]:
    made = WarmHome(tmp_path, fake_aws)
    yield made
    end_keys(made.runtime, made.state)


def answer(home: WarmHome, *words: str, env: Environ | None = None) -> dict[str, str]:
    ended = home.run(*(words or SERVED), env=env)
    assert (ended.code, ended.err) == (0, "")
    answered: dict[str, str] = json.loads(ended.out)
    return answered


@pytest.mark.parametrize("flag", ["-s", "--server", "--ecs-server"])
def test_the_first_answer_is_the_ordinary_one(home: WarmHome, flag: str) -> None:
    words = ("exec", flag, *SERVED[2:])
    home.warm_up(*words)
    known = home.known(*words)
    assert known is not None
    assert known.serves
    assert answer(home, *words) == answer(home, *words, env={"PYVAULT_WARM": "0"})
    assert home.aws.ops().count("sts.AssumeRole") == 1


SPY = """
import json, os, sys
def become(program, words, environ):
    print(json.dumps(sorted(name for name in sys.modules if name.startswith(("pyvault", "cryptography")))))
    sys.stdout.flush()
    os._exit(0)
os.execve = become
sys.argv = ["pyvault", "exec", "-s", "reader", "--", "true"]
from pyvault_cli.__main__ import main
main()
"""


def test_nothing_is_planned_or_opened_before_the_command_begins(home: WarmHome) -> None:
    home.warm_up("exec", "-s", "reader", "--", "true")
    spied = subprocess.run(
        [sys.executable, "-c", SPY], env=dict(home.variables()), capture_output=True, check=True, text=True
    )
    loaded = set(json.loads(spied.stdout))
    assert "pyvault_cli.servers.begun" in loaded
    assert not {"pyvault_cli.main", "pyvault_cli.context", "pyvault.stores", "cryptography"} & loaded
    assert not [name for name in loaded if name.startswith(("pyvault.vaultfile", "pyvault.planning", "pyvault.config"))]


def test_the_environment_is_the_ordinary_one_but_for_the_way_to_the_server(home: WarmHome) -> None:
    words = ("exec", "-s", "--region", "us-east-2", "reader", "--", "env")
    env = {"HTTPS_PROXY": "http://proxy:1", "no_proxy": "example.com", "AWS_EC2_METADATA_DISABLED": "true"}

    def lines(text: str) -> list[str]:
        ways = ("AWS_CONTAINER_", "PYVAULT_WARM")
        return sorted(line for line in text.splitlines() if not line.startswith(ways))

    home.warm_up(*words, env=env)
    assert home.known(*words, env=env)
    warm, ordinary = home.run(*words, env=env), home.ordinary(*words, env=env)
    assert lines(warm.out) == lines(ordinary.out)
    assert "NO_PROXY=example.com,127.0.0.1,::1,localhost" in lines(warm.out)
    assert warm.out.count("AWS_CONTAINER_") == ordinary.out.count("AWS_CONTAINER_") == 2
    assert warm.out.splitlines() != home.run(*words, env=env).out.splitlines()  # each has a token of its own
    for other in ({"no_proxy": "*"}, {"HTTPS_PROXY": None}, {"http_proxy": "http://other:2"}, {"All_Proxy": "x"}):
        assert home.known(*words, env={**env, **other}) is None, other


def test_its_credentials_reach_its_server_alone(home: WarmHome) -> None:
    key = json.loads(home.ordinary("export", "reader", "--format", "json").out)
    secrets = [key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"]]
    look = (
        f"{ASK} > answer; env > seen; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ >> seen 2> /dev/null;"
        ' curl -s -H "Authorization: no" "$AWS_CONTAINER_CREDENTIALS_FULL_URI" >> seen;'
        ' curl -s "$AWS_CONTAINER_CREDENTIALS_FULL_URI" >> seen; ls -l /proc/self/fd >> fds'
    )
    words = ("exec", "-s", "reader", "--", "sh", "-c", look)
    home.warm_up(*words)
    assert home.known(*words)
    for name in ("seen", "fds"):
        (home.home / name).unlink()
    assert home.run(*words).code == 0
    assert json.loads((home.home / "answer").read_text())["AccessKeyId"] == secrets[0]
    seen = (home.home / "seen").read_bytes()
    assert b"Forbidden" in seen
    assert not [secret for secret in secrets if secret.encode() in seen]
    assert "socket:" not in (home.home / "fds").read_text()
    entries = b"".join(path.read_bytes() for path in home.entries.iterdir())
    assert not [secret for secret in secrets if secret.encode() in entries]


def other_role(home: WarmHome) -> None:
    text = home.config.read_text()
    home.config.write_text(text.replace(home.aws.role_arn("reader"), home.aws.role_arn("r1")))


@pytest.mark.parametrize("ending", ["lock", "clear", "clear reader", "the profile has another role"])
def test_what_was_kept_is_not_the_first_answer_after(home: WarmHome, ending: str) -> None:
    home.warm_up(*SERVED)
    before = answer(home)
    kept = {path: path.read_bytes() for path in home.entries.iterdir()}
    if ending.startswith("the profile"):
        other_role(home)
    else:
        assert home.run(*ending.split()).code == 0
        home.entries.mkdir(exist_ok=True)
        for path, content in kept.items():  # a copy that somebody kept
            path.write_bytes(content)
            path.chmod(0o600)
    assert home.known(*SERVED) is None
    after = answer(home)
    if ending == "lock":  # which ends no session
        assert after == before
    else:
        assert after["AccessKeyId"] != before["AccessKeyId"]
        assert after["RoleArn"] == home.aws.role_arn("r1" if ending.startswith("the profile") else "reader")


def test_later_answers_come_by_the_ordinary_path(home: WarmHome) -> None:
    other = home.aws.role_arn("r1")
    role = '"$AWS_CONTAINER_CREDENTIALS_FULL_URI"role-arn/' + other
    both = f'{ASK}; echo; curl -s -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" {role}'
    words = ("exec", "-s", "--allow-role", other, "demo", "--", "sh", "-c", both)
    home.warm_up(*words)
    assert home.known(*words)
    first, second = map(json.loads, home.run(*words).out.splitlines())
    assert first["AccessKeyId"].startswith("ASIA")
    assert second["RoleArn"] == other


NEVER = (
    ("-s", "--lazy"),
    ("-s", "--listen", "127.0.0.1:0"),
    ("-s", "--token-file", "token"),
    ("-s", "--access-log", "log"),
    ("-s", "--hide-shared-config"),
    ("-s", "--refresh"),
)


@pytest.mark.parametrize("options", NEVER, ids=" ".join)
def test_a_server_that_needs_more_than_an_address_is_never_warm(home: WarmHome, options: tuple[str, ...]) -> None:
    home.warm_up("exec", *options, "reader", "--", "true")
    assert not home.entries.exists() or not list(home.entries.iterdir())


def test_with_a_closed_stream_the_ordinary_path_serves(home: WarmHome) -> None:
    home.warm_up(*SERVED)
    for closed in ("<&-", "2>&-"):
        line = f"pyvault exec -s reader -- sh -c '{ASK}' {closed}"
        ended = subprocess.run(
            ["sh", "-c", line], env=dict(home.variables()), cwd=home.home, capture_output=True, check=False, text=True
        )
        assert (ended.returncode, json.loads(ended.stdout)["RoleArn"]) == (0, home.aws.role_arn("reader"))


IGNORING = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execvp(sys.argv[1], sys.argv[1:])"


@pytest.mark.parametrize("warm", ["1", "0"])
def test_whoever_ignores_the_ends_of_children_gets_one_server_too(home: WarmHome, warm: str) -> None:
    home.warm_up(*SERVED)
    line = [sys.executable, "-c", IGNORING, "pyvault", *SERVED]
    env = dict(home.variables({"PYVAULT_WARM": warm}))
    ended = subprocess.run(line, env=env, cwd=home.home, capture_output=True, check=False, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["RoleArn"] == home.aws.role_arn("reader")


@pytest.mark.parametrize("warm", ["1", "0"])
def test_without_room_for_its_server_no_command_begins(home: WarmHome, warm: str) -> None:
    home.warm_up(*SERVED)
    line = [*refusing(errno.EAGAIN, PROCESSES), str(PYVAULT), "exec", "-s", "reader", "--", "echo", "begun"]
    env = dict(home.variables({"PYVAULT_WARM": warm}))
    ended = subprocess.run(line, env=env, cwd=home.home, capture_output=True, check=False, text=True)
    assert (ended.returncode, ended.stdout) == (5, "")
    assert "error: can't start a process for the server: resource temporarily unavailable" in ended.stderr


def test_a_program_that_is_not_there_gets_no_server(home: WarmHome) -> None:
    home.warm_up("exec", "-s", "reader", "--", "true")
    ended = home.run("exec", "-s", "reader", "--", "no-such-program")
    assert (ended.code, "no-such-program" in ended.err) == (127, True)


@pytest.fixture
def login(tmp_path: Path, fake_aws: FakeAws) -> Iterator[Login]:
    """A person whose vault with the key of user demo only a passphrase opens, and profile demo."""
    made = Login(tmp_path)
    key = fake_aws.key("demo")
    pair = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
    words = ("add", "demo", "--no-verify", "--env", "--no-add-config")
    added = run_pyvault(tmp_path, *words, env={"PYVAULT_PASSPHRASE": PASSPHRASE, **pair})
    assert added.code == 0, added.err
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(f"[profile demo]\nregion = eu-west-1\nendpoint_url = {fake_aws.url}\n")
    yield made
    end_keys(made.runtime, made.state)


def test_it_ends_before_somebody_would_be_asked_for_the_passphrase(login: Login) -> None:
    """A server opens the vault while the command runs, so it begins at once only while the vault is unlocked."""
    env = {**login.environ, "PYVAULT_WARM": "1", "PYVAULT_UNLOCK_TTL": "8s"}
    served, plain = ("exec", "-s", "demo", "--", "true"), ("exec", "demo", "--", "true")

    def known(words: tuple[str, ...]) -> bool:
        return find_answer(list(words), variables(login.home, env)) is not None

    assert ASKS in login.at_terminal(*plain, PYVAULT_WARM="1", PYVAULT_UNLOCK_TTL="8s")
    time.sleep(SETTLED)
    for words in (served, plain):
        ended = run_pyvault(login.home, *words, env=env)
        assert ended.code == 0, ended.err
    assert (known(served), known(plain)) == (True, True)
    time.sleep(8)
    assert (known(served), known(plain)) == (False, True)


def test_its_vault_stays_open_for_later_answers_as_ever(login: Login, fake_aws: FakeAws) -> None:
    role = fake_aws.role_arn("r1")
    later = f'"$AWS_CONTAINER_CREDENTIALS_FULL_URI"role-arn/{role}'
    script = (
        f"{ASK} > /dev/null; sleep 4; pyvault lock 2> /dev/null; pyvault --no-input vault entries 2> /dev/null; echo $?;"
        f' curl -s -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" {later}'
    )
    words = ("exec", "-s", "--allow-role", role, "demo", "--", "sh", "-c", script)
    env = {**login.environ, "PYVAULT_WARM": "1", "PYVAULT_UNLOCK_TTL": None}

    def unlock() -> None:
        assert ASKS in login.at_terminal("unlock")

    unlock()
    run_pyvault(login.home, "exec", "demo", "--", "true", env=env)  # fetches the session
    time.sleep(SETTLED)
    run_pyvault(login.home, *words[:5], "--", "true", env=env)
    assert find_answer(list(words), variables(login.home, env)) is not None
    ended = run_pyvault(login.home, *words, env=env)
    code, answered = ended.out.split("\n", 1)
    assert (ended.code, code, ended.err) == (0, "4", "")
    assert json.loads(answered)["RoleArn"] == role
