"""Console sign-ins, as ``aws login`` makes them: the command, the strict local AWS, a real browser, the real vault."""

from __future__ import annotations

import html
import json
import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import botocore.loaders
import pexpect
import pytest

import starts
from command_line import PYVAULT
from console_machine import AT_ONCE, CONFIG, ME, SIGNED_IN, Machine, cli_file
from fake_aws.client import FakeAws
from fakes.browsers import chromium


@pytest.fixture
def machine(fake_aws: FakeAws, tmp_path: Path) -> Machine:
    return Machine(fake_aws, tmp_path)


def whole(text: str, machine: Machine) -> str:
    return text.format(reader=machine.aws.role_arn("reader"))


def test_a_sign_in_is_written_into_the_profile_and_serves_it_and_those_on_top(machine: Machine) -> None:
    machine.write(CONFIG)
    machine.aws.enlarge({"accounts": {"123456789012": {"roles": {}}}})
    ended = machine.good("login-session", "console")
    assert f"signed in as {ME}" in ended.err
    assert machine.config.read_text() == whole(SIGNED_IN, machine)
    assert "You can close this window" in machine.log.read_text()
    assert machine.key_id() == machine.key_id()
    who = machine.good("--no-input", "exec", "app", "--", "aws", "sts", "get-caller-identity").out
    assert ":assumed-role/reader/" in json.loads(who)["Arn"]
    tokens = [op for op in machine.aws.ops() if op.endswith("CreateOAuth2Token")]
    assert tokens == ["console-login.CreateOAuth2Token"]
    explained = json.loads(machine.good("explain", "app", "--json").out)
    assert [(step["op"], step["cached"]) for step in explained["steps"]] == [
        ("login_session", "hit"),
        ("sts.AssumeRole", "hit"),
    ]


@pytest.mark.peer("chromium")
def test_a_real_browser_signs_in(machine: Machine) -> None:
    program = machine.start("login-session", "console", "--no-browser")
    assert program.stderr is not None
    url = next(line.strip() for line in program.stderr if line.startswith("http"))
    page = chromium(url, machine.home / "chromium")
    assert "You can close this window" in page
    program.communicate(timeout=60)
    assert program.returncode == 0
    assert machine.key_id().startswith("ASIA")


def test_over_ssh_the_text_of_the_page_is_pasted_unseen(machine: Machine) -> None:
    environ = {**machine.environ, "SSH_CONNECTION": "1", "PYVAULT_SSO_FLOW": ""}
    child = pexpect.spawn(
        str(PYVAULT), ["login-session", "console"], env=environ, encoding="utf-8", timeout=60, dimensions=(24, 2000)
    )
    child.expect(r"(http://[^\s]+)")
    assert isinstance(child.match, re.Match)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    page = opener.open(child.match[1], timeout=20).read().decode()
    found = re.search("<pre id=code>(.*?)</pre>", page)
    assert found is not None
    text = html.unescape(found[1])
    child.expect("paste the text")
    child.sendline(text)
    child.expect(pexpect.EOF)
    shown = child.before or ""
    assert f"signed in as {ME}" in shown
    assert text not in shown
    child.close()
    assert child.exitstatus == 0
    assert machine.key_id().startswith("ASIA")


def test_exec_signs_in_by_itself_when_a_person_is_there_and_never_without(machine: Machine) -> None:
    ended = machine.run("--no-input", "exec", "console", "--", "true")
    assert (ended.code, ended.out) == (4, "")
    assert f"nobody is signed in as {ME}" in ended.err
    assert "run: pyvault login-session console" in ended.err
    assert machine.aws.ops() == []
    assert machine.run("--no-input", "login-session", "console").code == 4
    machine.good("exec", "app", "--", "true")
    assert machine.aws.ops()[-2:] == ["console-login.CreateOAuth2Token", "sts.AssumeRole"]


def test_somebody_else_s_sign_in_is_not_kept(machine: Machine) -> None:
    machine.aws.change_console_login(person="mfa-user")
    ended = machine.run("login-session", "console")
    assert ended.code == 6
    assert "user/mfa-user has signed in, but profile 'console' is for" in ended.err
    assert machine.run("--no-input", "exec", "console", "--", "true").code == 4


def test_where_the_profile_can_t_be_written_the_sign_in_is_kept_and_the_line_is_told(machine: Machine) -> None:
    (machine.home / "file").write_text("")
    ended = machine.run("login-session", "console", AWS_CONFIG_FILE=str(machine.home / "file" / "config"))
    assert ended.code == 1
    told = " ".join(ended.err.split())
    assert f"is signed in all the same; add login_session = {ME} to profile 'console' by hand" in told
    machine.good("--no-input", "exec", "console", "--", "true")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("[profile console]\nsource_profile = app\n[profile app]\n", "another source of credentials: source_profile"),
        ("[profile console]\ncredential_process = x\n", "another source of credentials: credential_process"),
        ("[profile console]\nsso_session = corp\n", "another source of credentials: sso_session"),
        (
            "[profile console]\naws_access_key_id = x\naws_secret_access_key = y\n",
            "another source of credentials: aws_access_key_id",
        ),
        (
            "[profile console]\ninclude_profile = base\n[profile base]\ncredential_process = x\n",
            "another source of credentials: credential_process",
        ),
        ("[profile console]\nsso_account_id = 123456789012\n", "another source of credentials: sso_account_id"),
        ("[profile console]\nlogin_session = me\n", "login_session of profile 'console': 'me' is not the ARN of a"),
    ],
)
def test_a_profile_with_another_source_is_refused(machine: Machine, config: str, said: str) -> None:
    machine.write(config)
    ended = machine.run("login-session", "console")
    assert ended.code == 5
    assert said in ended.err
    assert machine.config.read_text() == config
    assert machine.aws.ops() == []


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.slow)])
def test_many_programs_make_one_refresh_and_lose_nothing(machine: Machine, count: int) -> None:
    machine.sign_in(access_token_s=AT_ONCE)
    programs = [
        machine.start("--no-input", "exec", "console", "--", "printenv", "AWS_ACCESS_KEY_ID") for _ in range(count)
    ]
    outputs = [program.communicate(timeout=240) for program in programs]
    assert {errors for _, errors in outputs} == {""}
    assert len({key for key, _ in outputs}) == 1
    assert machine.aws.ops() == ["console-login.CreateOAuth2Token"]
    assert len(machine.aws.change_console_login()["logins"]) == 1
    (key,) = {key for key, _ in outputs}
    machine.good("--no-input", "export", "app", "--refresh")  # what was kept is the last of the chain
    assert machine.aws.ops() == ["console-login.CreateOAuth2Token"] * 2 + ["sts.AssumeRole"]
    assert machine.key_id() != key.strip()


def test_a_sign_in_is_renewed_ahead_of_its_end_and_the_role_on_top_stays(machine: Machine) -> None:
    machine.sign_in(access_token_s=200)
    role = machine.key_id("app")
    first = machine.key_id()
    assert machine.key_id() == first  # renewed once, to fifteen minutes
    assert machine.key_id("app") == role
    assert machine.aws.ops() == ["console-login.CreateOAuth2Token", "sts.AssumeRole"]


@pytest.mark.parametrize("kind", ["TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED", "INVALID_GRANT"])
def test_a_sign_in_that_is_over_is_named_and_a_person_signs_in_anew(machine: Machine, kind: str) -> None:
    machine.sign_in(access_token_s=AT_ONCE)
    machine.aws.change_console_login(refuse_refresh=kind)
    reasons = {
        "TOKEN_EXPIRED": "AWS ended it",
        "USER_CREDENTIALS_CHANGED": "the person's password or other credentials have changed",
        "INVALID_GRANT": "its refresh token was used before",
    }
    ended = machine.run("--no-input", "exec", "console", "--", "true")
    assert ended.code == 4
    assert f"the sign-in of {ME} has ended: {reasons[kind]}" in ended.err
    assert "run: pyvault login-session console" in ended.err
    machine.good("exec", "console", "--", "true")


def test_a_refresh_killed_between_answer_and_save_is_named_and_a_person_signs_in_anew(machine: Machine) -> None:
    machine.sign_in(access_token_s=AT_ONCE)
    machine.aws.fault("console-login.CreateOAuth2Token", "hang-after", times=1)
    program = machine.start("--no-input", "exec", "console", "--", "true")
    machine.aws.wait_for_call("CreateOAuth2Token")
    os.killpg(program.pid, signal.SIGKILL)
    program.communicate(timeout=60)
    machine.aws.clear_faults()
    ended = machine.run("--no-input", "exec", "console", "--", "true")
    assert ended.code == 4
    assert "its refresh token was used before, by a refresh that was interrupted" in ended.err
    machine.good("exec", "console", "--", "true")


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ({"kind": "throttle"}, "TooManyRequestsError"),
        ({"kind": "error", "status": 503}, "AWS refused signin:CreateOAuth2Token"),
        ({"kind": "drop-before"}, "the connection was closed before the answer"),
    ],
    ids=["429", "503", "network"],
)
def test_a_trouble_that_passes_is_named_and_loses_nothing(
    machine: Machine, trouble: dict[str, object], said: str
) -> None:
    machine.aws.fault("console-login.CreateOAuth2Token", times=1, **trouble)  # type: ignore[arg-type]
    refused = machine.run("login-session", "console")
    assert refused.code == 6
    assert said in refused.err
    machine.sign_in(access_token_s=AT_ONCE)
    machine.aws.fault("console-login.CreateOAuth2Token", times=1, **trouble)  # type: ignore[arg-type]
    ended = machine.run("--no-input", "exec", "console", "--", "true")
    assert ended.code == 6
    assert said in ended.err
    assert "try again; if that does not help: pyvault login-session console" in ended.err
    machine.good("--no-input", "exec", "console", "--", "true")


def test_a_missing_permission_is_named_when_the_sign_in_is_renewed_and_nothing_is_lost(machine: Machine) -> None:
    machine.sign_in(access_token_s=AT_ONCE)
    machine.aws.change_console_login(refuse_refresh="INSUFFICIENT_PERMISSIONS")
    ended = machine.run("--no-input", "export", "app")
    assert (ended.code, ended.out) == (6, "")
    assert "AWS refused signin:CreateOAuth2Token: INSUFFICIENT_PERMISSIONS" in ended.err
    assert "signin:AuthorizeOAuth2Access and signin:CreateOAuth2Token" in ended.err
    assert machine.good("list", "--sessions").out.startswith("login:")


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("AUTHCODE_EXPIRED", "run the command again"),
        ("INVALID_GRANT", "run the command again for a new code"),
        ("INSUFFICIENT_PERMISSIONS", "signin:AuthorizeOAuth2Access and signin:CreateOAuth2Token"),
    ],
)
def test_a_refused_code_is_named_with_the_way_out(machine: Machine, kind: str, hint: str) -> None:
    machine.aws.change_console_login(refuse_codes=kind)
    ended = machine.run("login-session", "console")
    assert ended.code == 6
    named = "InvalidGrantException" if kind == "INVALID_GRANT" else kind
    assert f"AWS refused signin:CreateOAuth2Token: {named}" in ended.err
    assert hint in ended.err
    assert "The sign-in was refused" in machine.log.read_text()


def test_a_person_who_says_no_is_the_end_of_it(machine: Machine) -> None:
    machine.aws.change_console_login(consent="deny")
    ended = machine.run("login-session", "console")
    assert ended.code == 6
    assert "the sign-in was refused in the browser with 'access_denied'" in ended.err
    assert [op for op in machine.aws.ops() if op.endswith("CreateOAuth2Token")] == []


def test_a_sign_in_of_the_aws_cli_is_named_taken_over_and_removed(machine: Machine) -> None:
    machine.sign_in()
    source = cli_file(machine)
    machine.good("clear", "console")
    ended = machine.run("--no-input", "exec", "console", "--", "true")
    assert ended.code == 4
    assert f"with --import it takes over the AWS CLI's sign-in in '{source}'" in ended.err
    taken = machine.good("login-session", "console", "--import")
    assert "took over the AWS CLI's sign-in" in taken.err
    assert not source.exists()
    machine.good("--no-input", "export", "console", "--refresh")
    again = machine.run("login-session", "console", "--import")
    assert again.code == 3
    assert f"the AWS CLI has no sign-in of {ME}" in again.err


def test_a_sign_out_revokes_and_forgets(machine: Machine) -> None:
    machine.sign_in(access_token_s=AT_ONCE)
    machine.key_id("app")
    ended = machine.good("logout-session", "app")
    assert f"signed out as {ME}; the sign-in is revoked and forgotten" in ended.err
    assert machine.aws.change_console_login()["logins"] == []
    assert machine.run("--no-input", "exec", "app", "--", "true").code == 4
    assert f"nobody was signed in as {ME}" in machine.good("logout-session", "console").err


def test_a_sign_out_without_aws_forgets_all_the_same(machine: Machine) -> None:
    machine.sign_in()
    machine.aws.fault("console-login.RevokeOAuth2TokenWithIAM", "drop-before")
    ended = machine.good("logout-session", "console")
    assert "is forgotten here, but not revoked" in ended.err
    assert machine.run("--no-input", "exec", "console", "--", "true").code == 4


def test_a_password_is_typed_into_no_page_of_another_machine_in_plain_http(machine: Machine) -> None:
    ended = machine.run("login-session", "console", AWS_ENDPOINT_URL_SIGNIN="http://signin.example")
    assert ended.code == 5
    assert "in plain HTTP" in ended.err
    assert "/v1/authorize" not in ended.err
    assert not machine.log.exists()


def test_a_botocore_that_knows_no_revocation_forgets_all_the_same(machine: Machine) -> None:
    """The service came to botocore with CreateOAuth2Token alone."""
    machine.sign_in()
    loader = botocore.loaders.Loader()
    old = dict(loader.load_service_model("signin", "service-2"))
    old["operations"] = {"CreateOAuth2Token": old["operations"]["CreateOAuth2Token"]}
    place = machine.home / ".aws/models/signin/2099-01-01"  # the latest counts
    place.mkdir(parents=True)
    (place / "service-2.json").write_text(json.dumps(old))
    rules = loader.load_service_model("signin", "endpoint-rule-set-1")
    (place / "endpoint-rule-set-1.json").write_text(json.dumps(rules))
    # A real start: botocore looks at HOME when it is imported.
    words = [PYVAULT, "logout-session", "console"]
    ended = subprocess.run(words, env=machine.environ, capture_output=True, text=True, check=True)
    assert "is forgotten here, but not revoked" in ended.stderr
    assert machine.aws.ops() == []


@pytest.mark.parametrize(("seconds", "direction"), [(420, "behind"), (-420, "ahead of")])
def test_a_clock_that_is_off_by_minutes_is_named(machine: Machine, seconds: int, direction: str) -> None:
    machine.sign_in(access_token_s=AT_ONCE)
    machine.aws.skew_wire(seconds)
    for words in (("--no-input", "exec", "console", "--", "true"), ("login-session", "console")):
        ended = machine.run(*words)
        assert ended.code == 6
        assert re.search(rf"this machine's clock is 4[12]\d s {direction} AWS's; set it", ended.err)
    machine.aws.skew_wire(0)
    machine.good("--no-input", "exec", "console", "--", "true")


def test_botocore_with_awscrt_renews_the_same_sign_in_at_the_same_aws(machine: Machine) -> None:
    """The yardstick: what our proof and our file are, AWS's own client and this AWS agree on."""
    awscrt = pytest.importorskip("awscrt")
    machine.sign_in(access_token_s=AT_ONCE)
    cli_file(machine)
    shown = starts.run(
        [PYVAULT.with_name("python"), "-c", WHO],
        env={**machine.environ, "PYTHONPATH": str(Path(awscrt.__file__).parents[1])},
        capture_output=True,
        check=True,
    )
    assert shown.stdout.decode().strip() == ME
    assert machine.aws.ops() == ["console-login.CreateOAuth2Token", "sts.GetCallerIdentity"]
    taken = machine.good("login-session", "console", "--import")  # what botocore has written is read by us
    assert "took over" in taken.err
    assert machine.key_id().startswith("ASIA")


WHO = """
import boto3
print(boto3.Session(profile_name="console").client("sts").get_caller_identity()["Arn"])
"""
