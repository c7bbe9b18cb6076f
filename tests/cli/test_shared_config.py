"""``exec`` where the AWS files of the child name other credentials: refused, or hidden from it."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_profiles import plan_of
from command_line import PYVAULT, Environ, Pyvault, clean_environ
from pyvault_cli.credentials.shared_config import profile_variables

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the keeper needs pidfd")

KEYS = "aws_access_key_id = AKIADEFAULT000000001\naws_secret_access_key = x\n"
ANSWER = '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"s","SessionToken":"t","Expiration":"2099-01-01T00:00:00Z"}'


def source(key: str) -> str:
    return f"credential_process = printf '{ANSWER % key}'\n"


APP = f"[profile app]\nregion = us-east-1\n{source('ASIASERVED0000000001')}"
DIRTY = f"[default]\nregion = eu-west-1\n{source('AKIADEFAULT000000001')}"
ON_DEFAULT = "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = default\n"

#: Prints whose keys boto3 finds, for no profile and for those named.
WHOSE = """
import sys, boto3
for name in [None, *sys.argv[1:]]:
    found = boto3.Session(profile_name=name).get_credentials()
    print(found.access_key if found else None)
"""
BOTO3 = [sys.executable, "-W", "ignore", "-c", WHOSE]
SHOW = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
SERVER, HIDE = "--ecs-server", "--hide-shared-config"


@pytest.fixture
def env(keyed: Environ, tmp_path: Path) -> dict[str, str | None]:
    (tmp_path / ".aws").mkdir()
    (tmp_path / "run").mkdir(mode=0o700)
    return {**keyed, "XDG_RUNTIME_DIR": str(tmp_path / "run"), "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture
def aws(tmp_path: Path, env: Environ) -> Path:
    """Give the directory of the AWS files, with profile app and a [default] of its own."""
    del env
    (tmp_path / ".aws" / "config").write_text(DIRTY + APP)
    return tmp_path / ".aws"


def leftovers(home: Path) -> list[str]:
    """List what is in the runtime directory once the keeper has had time to leave nothing."""
    until = time.monotonic() + 10
    room = home / "run" / "pyvault"
    while room.exists() and any(room.iterdir()) and time.monotonic() < until:
        time.sleep(0.02)
    return [path.name for path in room.iterdir()] if room.exists() else []


@pytest.mark.parametrize(
    ("config", "credentials", "named"),
    [
        (DIRTY + APP, "", 'config", line 3, [default]'),
        (DIRTY.replace("default", "profile default") + APP, "", 'config", line 3, [profile default]'),
        (APP, f"[default]\n{KEYS}", 'credentials", line 2, [default]'),
        (f"[default]\nec2_metadata_service_endpoint = http://x\n{APP}", "", 'config", line 2, [default]'),
    ],
)
def test_a_default_that_would_win_is_an_error_before_anything(
    pyvault: Pyvault, env: Environ, tmp_path: Path, config: str, credentials: str, named: str
) -> None:
    config = config.replace(source("ASIASERVED0000000001"), "credential_process = touch asked; false\n")
    (tmp_path / ".aws" / "config").write_text(config)
    (tmp_path / ".aws" / "credentials").write_text(credentials)
    words = ("exec", SERVER, "app", "--", "touch", str(tmp_path / "ran"))
    ended = pyvault(*words, env={**env, "PYVAULT_KEYFILE": "/no/such/key"})  # the vault is not even opened
    assert (ended.code, named in ended.err) == (5, True), ended.err
    for way in ("without a server", "named profile", HIDE):
        assert way in ended.err
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "asked").exists()


def test_the_metadata_server_is_refused_alike(pyvault: Pyvault, env: Environ, aws: Path) -> None:
    del aws
    ended = pyvault("exec", "--ec2-server", "app", "--", "true", env=env)
    assert (ended.code, "line 3, [default]" in ended.err) == (5, True)


def test_behind_a_view_the_server_is_asked_and_other_profiles_are_as_before(
    pyvault: Pyvault, env: Environ, aws: Path, tmp_path: Path
) -> None:
    config = (
        DIRTY + APP + f"[profile other]\n{source('ASIAOTHER00000000001')}[profile self]\nsource_profile = default\n"
    )
    (aws / "config").write_text(config)
    (aws / "credentials").write_text(f"[default]\n{KEYS}[keys]\n{KEYS.replace('DEFAULT', 'NAMEDBY')}")
    ended = pyvault("exec", SERVER, HIDE, "app", "--", *BOTO3, "other", "keys", "pyvault-default", env=env)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.split() == [
        "ASIASERVED0000000001", "ASIAOTHER00000000001", "AKIANAMEDBY000000001", "AKIADEFAULT000000001",
    ]  # fmt: skip
    assert leftovers(tmp_path) == []
    assert (aws / "config").read_text() == config


LOOK = 'stat -c "%a %n" "$AWS_CONFIG_FILE" "$AWS_SHARED_CREDENTIALS_FILE"; cat "$AWS_CONFIG_FILE"; exit 42'


@pytest.mark.parametrize("mode", [(SERVER,), ()])
def test_the_view_is_read_only_and_goes_with_the_command(
    pyvault: Pyvault, env: Environ, aws: Path, tmp_path: Path, mode: tuple[str, ...]
) -> None:
    del aws
    ended = pyvault("exec", *mode, HIDE, "app", "--", "sh", "-c", LOOK, env=env)
    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (42, "")
    assert [line.split()[0] for line in lines[:2]] == ["400", "400"]
    assert all(f"{tmp_path}/run/pyvault/aws-view-" in line for line in lines[:2])
    assert lines[2:5] == ["[default]", "region = eu-west-1", "[profile app]"]
    assert leftovers(tmp_path) == []


def test_pyvault_inside_reads_the_real_files_wherever_it_is(
    pyvault: Pyvault, env: dict[str, str | None], tmp_path: Path
) -> None:
    for name, variable, text in (("mine", "AWS_CONFIG_FILE", DIRTY + APP), ("keys", "AWS_SHARED_CREDENTIALS_FILE", "")):
        (tmp_path / name).write_text(text)
        env[variable] = name if name == "mine" else f"~/{name}"
    script = 'cd / && echo "$PYVAULT_AWS_CONFIG_FILE" "$PYVAULT_AWS_CREDENTIALS_FILE" && pyvault explain default --json'
    ended = pyvault(
        "exec",
        SERVER,
        HIDE,
        "app",
        "--",
        "sh",
        "-c",
        f"export PYVAULT_KEYFILE=$K; {script}",
        env=env | {"K": env["PYVAULT_KEYFILE"]},
    )
    paths, _, told = ended.out.partition("\n")
    assert paths.split() == [str(tmp_path / "mine"), str(tmp_path / "keys")]
    assert json.loads(told)["steps"][0]["op"] == "credential_process"


def test_config_toml_can_say_it_and_the_line_can_take_it_back(
    pyvault: Pyvault, env: Environ, aws: Path, tmp_path: Path
) -> None:
    del aws
    toml = tmp_path / "config.toml"
    toml.write_text("[exec]\nhide_shared_config = true\n")
    said = {**env, "PYVAULT_CONFIG": str(toml)}
    assert pyvault("exec", SERVER, "app", "--", *BOTO3, env=said).out.split() == ["ASIASERVED0000000001"]
    assert pyvault("exec", SERVER, "--no-hide-shared-config", "app", "--", "true", env=said).code == 5
    assert json.loads(pyvault("exec", "--json", "app", env=said).out)["Version"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--json", HIDE, "app"), f"Can't use {HIDE} with --json"),
        (("--profile-env", HIDE, "default", "--", "true"), f"Can't use {HIDE} with --profile-env for [default]"),
    ],
)
def test_what_does_not_go_together(
    pyvault: Pyvault, env: Environ, aws: Path, words: tuple[str, ...], message: str
) -> None:
    del aws
    ended = pyvault("exec", *words, env=env)
    assert (ended.code, ended.err.splitlines()[0]) == (2, f"pyvault: error: {message}")


def test_without_a_runtime_directory_it_is_told_where_the_view_is(
    pyvault: Pyvault, env: dict[str, str | None], aws: Path, tmp_path: Path
) -> None:
    del aws
    (tmp_path / "tmp").mkdir()
    env |= {"XDG_RUNTIME_DIR": None, "TMPDIR": str(tmp_path / "tmp")}
    ended = pyvault("exec", SERVER, HIDE, "app", "--", *BOTO3, env=env)
    assert (ended.code, ended.out.split()) == (0, ["ASIASERVED0000000001"])
    room = tmp_path / "tmp" / f"pyvault-{os.getuid()}"
    assert f"'{room}' until it ends" in ended.err
    assert stat.S_IMODE(room.stat().st_mode) == 0o700


def test_profile_env_beside_keys_that_somebody_forgot(pyvault: Pyvault, env: Environ, aws: Path) -> None:
    (aws / "credentials").write_text(f"[app]\n{KEYS}")
    ended = pyvault("exec", "--profile-env", "app", "--", *BOTO3, env=env)
    assert (ended.code, 'credentials", line 2, [app]' in ended.err) == (5, True)
    (aws / "credentials").write_text("")
    good = pyvault("exec", "--profile-env", HIDE, "app", "--", *BOTO3, env=env)
    assert (good.code, good.out.split()) == (0, ["ASIASERVED0000000001"])


@pytest.mark.parametrize(
    ("source", "disabled"),
    [
        ("region = us-east-1\n", "true"),
        ("credential_source = Ec2InstanceMetadata\n", None),
        ("credential_source = Environment\n", "true"),
    ],
)
def test_profile_env_leaves_no_way_on_to_others(source: str, disabled: str | None) -> None:
    plan = plan_of(f"[profile t]\n{source}", stored=() if "credential_source" in source else ("t",))
    variables = profile_variables(plan, {"BOTO_CONFIG": "/etc/mine"})
    assert variables["AWS_PROFILE"] == "t"
    assert variables["BOTO_CONFIG"] == os.devnull
    assert variables.get("AWS_EC2_METADATA_DISABLED") == disabled


@pytest.mark.parametrize("proxy", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_server_beside_a_proxy(pyvault: Pyvault, env: Environ, tmp_path: Path, proxy: str) -> None:
    (tmp_path / ".aws" / "config").write_text(APP)
    around = {proxy: "http://proxy:3128", "NO_PROXY": "a", "no_proxy": "b", "BOTO_CONFIG": "/etc/mine"}
    seen = json.loads(pyvault("exec", SERVER, "app", "--", *SHOW, env={**env, **around}).out)
    assert seen["NO_PROXY"] == seen["no_proxy"] == "a,b,127.0.0.1,::1,localhost"
    assert seen["BOTO_CONFIG"] == os.devnull


def test_explain_and_doctor_warn(pyvault: Pyvault, env: Environ, aws: Path) -> None:
    del aws
    explained = pyvault("explain", "app", "--json", env=env)
    assert explained.code == 0
    assert json.loads(explained.out)["error"] is None
    assert 'config", line 3, [default]' in explained.err
    assert ".NET v3" in explained.err
    assert pyvault("explain", "default", env=env).err == ""
    findings = json.loads(pyvault("doctor", "--json", env=env).out)["findings"]
    told = [found for found in findings if "[default]" in found["message"]]
    assert ['config", line 3, [default]' in found["message"] for found in told] == [True, False]
    assert "pyvault server" in told[1]["message"]
    assert all(found["ok"] for found in told)


class TestKilled:
    """However the processes end, the view does not outlive them for long."""

    @pytest.fixture
    def started(self, env: Environ, aws: Path, tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
        del aws
        running: list[subprocess.Popen[str]] = []
        yield running
        for each in running:
            each.kill()
            each.communicate()

    def start(
        self, home: Path, env: Environ, started: list[subprocess.Popen[str]], *mode: str, script: str = "exec sleep 60"
    ) -> tuple[subprocess.Popen[str], int, Path]:
        """Run a command behind a view; give it, the number of the command's process, and the view."""
        environ = {name: value for name, value in {**clean_environ(home), **env}.items() if value is not None}
        words = [PYVAULT, "exec", *mode, HIDE, "app", "--", "sh", "-c", f"echo $$ $AWS_CONFIG_FILE; {script}"]
        process = subprocess.Popen(words, env=environ, cwd=home, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        number, path = process.stdout.readline().split()
        return process, int(number), Path(path).parent

    @pytest.mark.parametrize("mode", [(SERVER,), ()])
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
    def test_the_command(
        self, env: Environ, tmp_path: Path, started: list[subprocess.Popen[str]], mode: tuple[str, ...], number: int
    ) -> None:
        process, command, view = self.start(tmp_path, env, started, *mode)
        os.kill(command, number)
        assert process.wait(20) == (-number if mode else 128 + number)
        assert leftovers(tmp_path) == []
        assert not view.exists()

    def test_the_parent_passes_signals_on(
        self, env: Environ, tmp_path: Path, started: list[subprocess.Popen[str]]
    ) -> None:
        script = "trap 'echo got; exit 7' TERM; echo up; while :; do sleep 0.05; done"
        process, _, view = self.start(tmp_path, env, started, script=script)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.communicate(timeout=20)[0] == "got\n"
        assert (process.returncode, view.exists()) == (7, False)

    def test_a_parent_killed_for_good(
        self, pyvault: Pyvault, env: Environ, tmp_path: Path, started: list[subprocess.Popen[str]]
    ) -> None:
        process, command, view = self.start(tmp_path, env, started)
        process.kill()
        process.wait(20)
        again: tuple[str, ...] = ("exec", HIDE, "app", "--", "true")
        assert pyvault(*again, env=env).code == 0
        assert view.exists()  # the command still uses it
        os.kill(command, signal.SIGKILL)
        until = time.monotonic() + 10
        while Path(f"/proc/{command}").exists() and time.monotonic() < until:
            time.sleep(0.02)
        assert pyvault(*again, env=env).code == 0
        assert not view.exists()
