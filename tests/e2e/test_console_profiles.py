"""Profiles that live on a console sign-in, by every door through which programs get credentials."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import starts
from command_line import PYVAULT
from console_machine import ME, SIGNED_IN, Machine
from fake_aws.client import FakeAws
from standing import Standing, ask

ROLE_OF_ITS_OWN = """
[profile both]
login_session = {me}
region = eu-west-1
role_arn = {reader}
[profile via]
region = eu-west-1
credential_process = {program} --no-input export --format json {profile}
[profile corp]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = ReadOnly
region = eu-west-1
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
"""
USER, ROLE = ":user/demo", ":assumed-role/reader/"
SOON_OVER = 3  # seconds
ARN = ("aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text")


@pytest.fixture
def machine(fake_aws: FakeAws, tmp_path: Path) -> Machine:
    made = Machine(fake_aws, tmp_path)
    made.environ["PYVAULT_SIGNIN_URL"] = f"{fake_aws.url}/federation"
    fake_aws.enlarge({"accounts": {"123456789012": {"roles": {}}}})
    made.write(SIGNED_IN + ROLE_OF_ITS_OWN.replace("{me}", ME).format(
        reader="{reader}", program=PYVAULT, profile="both"
    ))  # fmt: skip
    made.sign_in()
    return made


@pytest.mark.parametrize(("profile", "who"), [("console", USER), ("app", ROLE), ("both", ROLE)])
def test_exec_and_the_library(machine: Machine, profile: str, who: str) -> None:
    assert who in machine.good("--no-input", "exec", profile, "--", *ARN).out
    shown = starts.run(
        [PYVAULT.with_name("python"), "-c", LIBRARY, profile], env=machine.environ, capture_output=True, check=True
    ).stdout.decode()
    by_hand, installed = shown.splitlines()
    assert who in by_hand
    assert by_hand == installed


LIBRARY = """
import sys
import boto3, pyvault

with pyvault.open_vault() as vault:
    found = vault.credentials(sys.argv[1])
assert found.account_id == "123456789012"
pair = {
    "aws_access_key_id": found.access_key_id,
    "aws_secret_access_key": found.secret_access_key.reveal(),
    "aws_session_token": found.session_token.reveal(),
}
print(boto3.Session(**pair, region_name="eu-west-1").client("sts").get_caller_identity()["Arn"])
pyvault.install()
print(boto3.Session(profile_name=sys.argv[1]).client("sts").get_caller_identity()["Arn"])
"""


@pytest.mark.parametrize("profile", ["console", "both"])
@pytest.mark.parametrize("form", ["env", "export-env", "fish", "powershell", "json", "ini", "dotenv"])
def test_export_in_every_format(machine: Machine, form: str, profile: str) -> None:
    text = machine.good("--no-input", "export", profile, "--format", form).out
    found = re.findall(r"ASIA[A-Z2-7]{16}", text)
    assert len(found) == 1
    assert "123456789012" in text
    assert machine.key_id(profile) == found[0]


def test_a_program_gets_it_by_credential_process(machine: Machine) -> None:
    ended = starts.run(["aws", "--profile", "via", *ARN[1:]], env=machine.environ, capture_output=True, check=False)
    assert ROLE in ended.stdout.decode(), ended.stderr


@pytest.mark.parametrize("profile", ["console", "app", "both"])
def test_the_console_in_a_browser(machine: Machine, profile: str) -> None:
    link = machine.good("--no-input", "login", "--print-url", profile).out.strip()
    assert link.startswith(f"{machine.aws.url}/federation?Action=login")
    assert machine.aws.ops()[-1] == "signin.getSigninToken"


@pytest.mark.parametrize(("profile", "steps"), [
    ("console", ["login_session"]), ("app", ["login_session", "sts.AssumeRole"]), ("both", ["login_session", "sts.AssumeRole"]),
])  # fmt: skip
def test_explain_names_the_sign_in_and_calls_nobody(machine: Machine, profile: str, steps: list[str]) -> None:
    explained = json.loads(machine.good("explain", profile, "--json").out)
    assert [step["op"] for step in explained["steps"]] == steps
    assert f"console sign-in of {ME} in eu-west-1" in machine.good("explain", profile).out
    assert machine.aws.ops() == []


def answer_of(server: Standing, is_wanted: Callable[[tuple[int, dict[str, str]]], bool]) -> tuple[int, dict[str, str]]:
    """Ask a server until it says what is wanted."""
    until = time.monotonic() + 60
    while not is_wanted(answer := ask(server.uri, server.token)):
        assert time.monotonic() < until, answer
        time.sleep(0.1)
    return answer


def test_a_server_answers_and_renews(machine: Machine) -> None:
    server = Standing(machine.home, {**machine.environ}, "both")
    status, role = ask(server.uri, server.token)
    assert (status, role["AccountId"]) == (200, "123456789012")
    assert server.stop() == 0
    assert role["AccessKeyId"] == machine.key_id("both")
    machine.aws.change_console_login(access_token_s=SOON_OVER)
    machine.good("login-session", "console")
    server = Standing(machine.home, {**machine.environ}, "console")
    try:
        first = ask(server.uri, server.token)
        later = answer_of(server, lambda answer: answer != first)
        assert (first[0], later[0]) == (200, 200)
        assert later[1]["AccessKeyId"] != first[1]["AccessKeyId"]
    finally:
        assert server.stop() == 0


def test_a_server_says_that_the_sign_in_has_ended_and_goes_on_after_the_next_one(machine: Machine) -> None:
    machine.aws.change_console_login(access_token_s=SOON_OVER)
    machine.good("login-session", "console")
    server = Standing(machine.home, {**machine.environ}, "--no-input", "console")
    try:
        assert ask(server.uri, server.token)[0] == 200
        machine.aws.change_console_login(access_token_s=900, refuse_refresh="TOKEN_EXPIRED")
        last = answer_of(server, lambda answer: answer[0] != 200)
        assert last[0] == 503
        told = json.dumps(last[1])  # who asks after a renewal ahead of the end has found that out is told the second
        assert f"{ME} has ended: AWS ended it" in told or f"nobody is signed in as {ME}" in told
        machine.good("login-session", "console")
        answer_of(server, lambda answer: answer[0] == 200)
    finally:
        assert server.stop() == 0


def test_a_server_beside_a_command(machine: Machine) -> None:
    assert USER in machine.good("--no-input", "exec", "--ecs-server", "console", "--", *ARN).out


def test_a_list_shows_who_is_signed_in_and_clear_forgets_it_as_for_sso(machine: Machine) -> None:
    rows = {line.split()[0]: line for line in machine.good("list").out.splitlines()}
    mine = "login:123456789012:user/demo"
    assert [name for name in ("console", "app", "both", "corp") if mine in rows[name]] == ["console", "both"]
    assert machine.good("list", "--sessions").out.splitlines() == [mine]
    machine.good("clear", "app")  # another profile's source signs in: that stays
    assert machine.good("list", "--sessions").out.splitlines() == [mine]
    assert "Cleared 1 session." in machine.good("clear", "both").err
    assert machine.good("list", "--sessions").out == ""
    assert machine.run("--no-input", "exec", "console", "--", "true").code == 4


def test_a_profile_with_keys_of_its_own_has_no_part_in_the_sign_in_of_default(machine: Machine) -> None:
    machine.write(f"[default]\nlogin_session = {ME}\nregion = eu-west-1\n[profile keyed]\n[profile heir]\n")
    pair = machine.aws.demo_key()
    keys = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    assert machine.run("add", "keyed", "--env", **keys).code == 0
    machine.good("--no-input", "exec", "keyed", "--", "true")
    rows = {line.split()[0]: line for line in machine.good("list").out.splitlines()}
    assert ["login:" in rows[name] for name in ("default", "keyed", "heir")] == [True, False, True]
    ended = machine.run("logout-session", "keyed")
    assert (ended.code, "'keyed' has no login_session" in ended.err) == (5, True)
    assert "Cleared 1 session." in machine.good("clear", "keyed").err
    machine.good("--no-input", "exec", "keyed", "--", "true")
    assert "signed out" in machine.good("--no-input", "logout-session", "heir").err
    assert "sts.GetSessionToken" in machine.good("list").out  # made with the keys, and not with the sign-in
