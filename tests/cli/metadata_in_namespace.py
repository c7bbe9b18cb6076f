"""Run by test_metadata.py inside a network namespace; never collected outside."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import Ended, Pyvault
from console_machine import Machine
from fake_aws.client import FakeAws
from pyvault.errors import ConfigError
from pyvault.server.http.listener import listen
from pyvault.server.metadata_address.address_alias import LINUX_LABEL, METADATA_ADDRESS
from pyvault.server.metadata_address.privileged_listener import as_root, open_privileged_listener, proxy_argv

CREDENTIALS = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
GET_TOKEN = 'curl -s -m 5 -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token'
GET_CREDENTIALS = f'T=$({GET_TOKEN}); curl -s -m 5 -H "X-aws-ec2-metadata-token: $T" {CREDENTIALS}local-credentials'


@pytest.fixture
def variables(
    pyvault: Pyvault, keyed: dict[str, str | None], fake_aws: FakeAws, tmp_path: Path
) -> dict[str, str | None]:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(f"[profile demo]\nregion = eu-west-1\nendpoint_url = {fake_aws.url}\n")
    key = fake_aws.demo_key()
    keys = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
    assert pyvault("add", "demo", "--env", "--no-verify", env=keyed | keys).code == 0
    return keyed


@pytest.fixture(autouse=True)
def no_alias_before_or_after() -> Iterator[None]:
    assert aliases() == []
    yield
    wait_for(lambda: aliases() == [])


def aliases() -> list[str]:
    """List the labels of the metadata address on this machine."""
    shown = subprocess.run(
        ["ip", "address", "show", "to", METADATA_ADDRESS], capture_output=True, text=True, check=True
    ).stdout
    return re.findall(r"scope \S+ (\S+)", shown)


def wait_for(condition: object) -> None:
    assert callable(condition)
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    assert condition()


def run(pyvault: Pyvault, variables: dict[str, str | None], script: str, *flags: str) -> Ended:
    return pyvault("exec", "--ec2-server", *flags, "demo", "--", "sh", "-c", script, env=variables)


@pytest.mark.slow
def test_credentials_come_from_the_real_address(pyvault: Pyvault, variables: dict[str, str | None]) -> None:
    ended = run(pyvault, variables, GET_CREDENTIALS)
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["AccessKeyId"].startswith("ASIA")


def test_a_real_client_finds_it_unaided(pyvault: Pyvault, variables: dict[str, str | None]) -> None:
    script = f"{sys.executable} -W ignore -c \"import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])\""
    ended = run(pyvault, variables | {"AWS_EC2_METADATA_DISABLED": "true"}, script)
    assert (ended.code, ended.out) == (0, "arn:aws:iam::123456789012:user/demo\n"), ended.err


def test_a_console_sign_in_is_served_there_and_renewed(fake_aws: FakeAws, tmp_path: Path) -> None:
    machine = Machine(fake_aws, tmp_path)
    fake_aws.change_console_login(access_token_s=3)
    machine.good("login-session", "console")
    key = f"{GET_CREDENTIALS} | grep -o 'ASIA[A-Z2-7]*'"
    script = f'A=$({key}); for _ in $(seq 200); do B=$({key}); [ "$A" = "$B" ] || break; sleep 0.2; done; echo "$A $B"'
    shown = machine.good("--no-input", "exec", "--ec2-server", "console", "--", "sh", "-c", script).out
    assert len(set(shown.split())) == 2


@pytest.mark.slow
def test_without_a_token_401_and_with_the_flag_200(pyvault: Pyvault, variables: dict[str, str | None]) -> None:
    script = f"curl -s -m 5 -o /dev/null -w '%{{http_code}}' {CREDENTIALS}"
    assert run(pyvault, variables, script).out == "401"
    assert run(pyvault, variables, script, "--imds-v1").out == "200"


@pytest.mark.slow
def test_the_environment_says_nothing(pyvault: Pyvault, variables: dict[str, str | None]) -> None:
    stray = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1/"}
    ended = run(pyvault, variables | stray, "env | grep -E 'METADATA|CONTAINER|SECRET' || true")
    assert ended.out == ""


def test_another_user_of_this_machine_is_refused(pyvault: Pyvault, variables: dict[str, str | None]) -> None:
    script = f"setpriv --reuid 65534 --regid 65534 --clear-groups {GET_TOKEN} -o /dev/null -w '%{{http_code}}'"
    assert run(pyvault, variables, script).out == "403"


@pytest.mark.slow
def test_a_second_server_is_refused_and_the_first_goes_on(pyvault: Pyvault, variables: dict[str, str | None]) -> None:
    words = f"{Path(sys.executable).with_name('pyvault')} exec --ec2-server demo -- true; echo $?; unset AWS_VAULT; "
    script = f"unset AWS_VAULT; PYVAULT_KEYFILE={variables['PYVAULT_KEYFILE']}; export PYVAULT_KEYFILE; {words}{GET_CREDENTIALS}"
    ended = run(pyvault, variables, script)
    assert ended.err == f"pyvault: error: another metadata service already answers at {METADATA_ADDRESS}:80\n"
    code, _, answer = ended.out.partition("\n")
    assert (code, json.loads(answer)["Code"]) == ("5", "Success")


def proxies() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "cmdline").read_bytes().endswith(b"\0-m\0pyvault_cli\0proxy\0"):
                found.append(int(entry.name))
    return [pid for pid in found if Path(f"/proc/{pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink()]


def test_after_a_crash_the_next_run_takes_over_and_cleans_up(
    pyvault: Pyvault, variables: dict[str, str | None], tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    script = f"pgrep -f -- '-m pyvault_cli prox[y]' > {pids}; kill -9 $(cat {pids}); {GET_CREDENTIALS}"
    ended = run(pyvault, variables, script)
    assert json.loads(ended.out)["Code"] == "Success"  # the socket outlives the process that bound it
    wait_for(lambda: proxies() == [])
    assert aliases() == [LINUX_LABEL]  # left behind
    assert json.loads(run(pyvault, variables, GET_CREDENTIALS).out)["Code"] == "Success"


@pytest.mark.slow
def test_an_address_that_was_there_before_stays(pyvault: Pyvault, variables: dict[str, str | None]) -> None:
    where = [f"{METADATA_ADDRESS}/32", "dev", "lo"]
    subprocess.run(["ip", "address", "add", *where], check=True)
    try:
        assert json.loads(run(pyvault, variables, GET_CREDENTIALS).out)["Code"] == "Success"
        wait_for(lambda: proxies() == [])
        assert aliases() == ["lo"]
    finally:
        subprocess.run(["ip", "address", "del", *where], check=True)


class TestFront:
    def test_the_address_goes_with_its_owner(self) -> None:
        front = open_privileged_listener(as_root(proxy_argv()))
        assert front.listener.getsockname() == (METADATA_ADDRESS, 80)
        assert aliases() == [LINUX_LABEL]
        front.listener.close()
        front.control.close()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTSTP, signal.SIGQUIT])
    def test_signals_of_the_terminal_do_not_end_it(self, number: signal.Signals) -> None:
        front = open_privileged_listener(as_root(proxy_argv()))
        (pid,) = proxies()
        os.kill(pid, number)
        time.sleep(0.1)
        assert proxies() == [pid]
        assert aliases() == [LINUX_LABEL]
        front.listener.close()
        front.control.close()

    def test_a_polite_end_cleans_up(self) -> None:
        front = open_privileged_listener(as_root(proxy_argv()))
        os.kill(proxies()[0], signal.SIGTERM)
        wait_for(lambda: aliases() == [])
        front.listener.close()
        front.control.close()

    def test_sudo_gets_an_absolute_path_and_no_environment(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen = tmp_path / "seen"
        sudo = tmp_path / "sudo"
        sudo.write_text(f'#!/bin/sh\n/usr/bin/env > {seen}\nprintf \'%s\\n\' "$@" >> {seen}\nshift\nexec "$@"\n')
        sudo.chmod(0o755)
        monkeypatch.setenv("PYTHONPATH", "/evil")
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        front = open_privileged_listener(as_root(proxy_argv(), sudo_paths=["/no/such/sudo", str(sudo)]))
        front.listener.close()
        front.control.close()
        lines = seen.read_text().splitlines()
        told, words = lines[: lines.index("--")], lines[lines.index("--") :]
        assert words == ["--", sys.executable, "-I", "-m", "pyvault_cli", "proxy"]
        assert Path(words[1]).is_absolute()
        assert {line.partition("=")[0] for line in told} <= {"PWD", "OLDPWD", "SHLVL", "_"}  # the shell's own

    def test_a_refusal_of_sudo_is_an_error(self, tmp_path: Path) -> None:
        sudo = tmp_path / "sudo"
        sudo.write_text("#!/bin/sh\nexit 1\n")
        sudo.chmod(0o755)
        with pytest.raises(ConfigError, match="was not started"):
            open_privileged_listener([str(sudo), "--", *proxy_argv()])

    def test_a_taken_address_is_an_error(self) -> None:
        subprocess.run(["ip", "address", "add", f"{METADATA_ADDRESS}/32", "dev", "lo"], check=True)
        try:
            listener = listen(METADATA_ADDRESS, 80)
            with pytest.raises(ConfigError, match="another metadata service already answers"):
                open_privileged_listener(as_root(proxy_argv()))
            listener.close()
        finally:
            subprocess.run(["ip", "address", "del", f"{METADATA_ADDRESS}/32", "dev", "lo"], check=True)
