"""Session policies, tags and a source identity, from the command line to the strict local AWS."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from fake_aws.client import FakeAws
from person import Person
from standing import Standing, ask

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
VIEW_ONLY = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
NARROWING = ("Policy", "PolicyArns", "Tags", "SourceIdentity")
SSO = "sso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\n"


@pytest.fixture
def person(fake_aws: FakeAws, private_home: Path) -> Person:
    someone = Person(fake_aws, private_home)
    someone.environ["PYVAULT_SIGNIN_URL"] = f"{fake_aws.url}/federation"
    someone.add("demo", "demo")
    someone.add("with-mfa", "mfa-user")
    someone.config(
        "[profile demo]\nregion = eu-west-1\n"
        f"[profile reader]\nsource_profile = demo\nrole_arn = {fake_aws.role_arn('reader')}\n"
        f"[profile chain]\nsource_profile = r1\nrole_arn = {fake_aws.role_arn('r2')}\n"
        f"[profile r1]\nsource_profile = demo\nrole_arn = {fake_aws.role_arn('r1')}\n"
        f"[profile sso]\n{SSO}sso_role_name = Admin\nread_only_profile = reader\n"
        f"[profile sso-only]\n{SSO}sso_role_name = Admin\n"
        f"[profile own]\nsource_profile = demo\nrole_arn = {fake_aws.role_arn('reader')}\npolicy_arns = {READ_ONLY}\n"
        f"[profile kept]\n{SSO}sso_role_name = Admin\npolicy_arns = {READ_ONLY}\n"
        "[profile vain]\ncredential_process = false\nread_only_profile = kept\n"
        "[profile lost]\ncredential_process = false\nread_only_profile = nobody\n"
        f"[profile process]\ncredential_process = touch {private_home}/ran\n"
        "[profile console]\nlogin_session = arn:aws:iam::123456789012:user/demo\nregion = eu-west-1\n"
        f"[profile with-mfa]\nregion = eu-west-1\nmfa_serial = {fake_aws.mfa_serial('mfa-user')}\n"
        f"[profile pod]\nrole_arn = {fake_aws.role_arn('ci')}\nweb_identity_token_file = {private_home}/token\n"
    )
    (private_home / "policy.json").write_text(json.dumps(POLICY, indent=4))
    (private_home / "long.json").write_text(json.dumps(POLICY | {"Id": "x" * 2048}))
    return someone


def json_of(person: Person, *words: str) -> dict[str, Any]:
    ended = person.run("pyvault", "--no-input", *words)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def export(person: Person, *words: str) -> str:
    key: str = json_of(person, "export", "--format", "json", *words)["AccessKeyId"]
    return key


def sent(fake_aws: FakeAws, op: str, place: int = -1) -> dict[str, str]:
    """Return what of a request narrows it."""
    params: dict[str, str] = fake_aws.calls(op)[place]["params"]
    return {name: value for name, value in params.items() if name.startswith(NARROWING)}


def test_aws_gets_exactly_what_was_asked_for_in_the_last_request(person: Person, fake_aws: FakeAws) -> None:
    file = str(person.home / "policy.json")
    words = ("--policy-file", file, "--policy-arn", READ_ONLY, "--policy-arn", VIEW_ONLY, "--tag", "team=a = b")
    ended = person.run("pyvault", "exec", *words, "--source-identity", "alice", "reader", "--", "true")
    assert ended.returncode == 0, ended.stderr
    assert sent(fake_aws, "AssumeRole") == {
        "Policy": json.dumps(POLICY, separators=(",", ":")),
        "PolicyArns.member.1.arn": READ_ONLY,
        "PolicyArns.member.2.arn": VIEW_ONLY,
        "Tags.member.1.Key": "team",
        "Tags.member.1.Value": "a = b",
        "SourceIdentity": "alice",
    }


def test_only_the_last_role_of_a_chain_is_narrowed(person: Person, fake_aws: FakeAws) -> None:
    export(person, "chain", "--read-only")
    assert [sent(fake_aws, "AssumeRole", place) for place in (0, 1)] == [{}, {"PolicyArns.member.1.arn": READ_ONLY}]


def test_with_and_without_have_sessions_of_their_own(person: Person) -> None:
    file = person.home / "policy.json"
    with_file = ("--policy-file", str(file))
    ways: list[tuple[str, ...]] = [(), ("--read-only",), with_file, ("--tag", "a=b"), ("--source-identity", "me")]
    keys = [export(person, "reader", *way) for way in ways]
    assert len(set(keys)) == len(ways)
    assert [export(person, "reader", *way) for way in ways] == keys
    file.write_text(json.dumps(POLICY | {"Id": "another"}))
    assert export(person, "reader", "--policy-file", str(file)) not in keys


def test_a_token_s_role_takes_a_policy(person: Person, fake_aws: FakeAws) -> None:
    (person.home / "token").write_text(fake_aws.web_identity_token(subject="repo:example/x"))
    export(person, "pod", "--read-only")
    assert sent(fake_aws, "AssumeRoleWithWebIdentity") == {"PolicyArns.member.1.arn": READ_ONLY}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("exec", "demo", "--read-only", "--", "true"), "'demo' takes no session policy"),
        (("exec", "-n", "demo", "--read-only", "--", "true"), "would get the credentials as they are"),
        (("exec", "sso-only", "--tag", "a=b", "--", "true"), "'sso-only' takes no session tags"),
        (("export", "pod", "--source-identity", "me"), "'pod' takes no source identity"),
        (("exec", "--profile-env", "own", "--", "true"), "'own' has a session policy, and with --profile-env"),
        (("export", "own", "--read-only"), "'own' has a session policy of its own"),
        (("export", "kept"), "policy_arns of profile 'kept': profile 'kept' takes no session policy"),
        (("export", "vain", "--read-only"), "policy_arns of profile 'kept': profile 'kept' takes no session policy"),
        (("export", "reader", "--federate"), "'reader' can't be federated"),
        (("export", "lost", "--read-only"), "read_only_profile of profile 'lost': profile 'nobody' not found"),
        (("server", "demo", "--read-only"), "'demo' takes no session policy"),
        (("login", "--print-url", "demo", "--source-identity", "me"), "'demo' takes no source identity"),
        (("export", "reader", "--policy-file", "none.json"), "the policy file 'none.json' can't be read"),
        (("export", "reader", "--policy-file", "{home}/long.json"), "longer than 2048 characters"),
        (("exec", "reader", "--policy-arn", "ReadOnlyAccess", "--", "true"), "is not the ARN of a managed policy"),
        (("export", "console", "--read-only"), "'console' takes no session policy: its credentials are made by login_"),
        (("login", "--print-url", "console", "--tag", "a=b"), "'console' takes no session tags"),
        (("exec", "process", "--read-only", "--", "true"), "would get the credentials as they are"),
        (("server", "process", "--source-identity", "me"), "'process' takes no source identity"),
        (("exec", "--ecs-server", "sso-only", "--read-only", "--", "true"), "'sso-only' takes no session policy"),
        (("exec", "with-mfa", "--read-only", "--", "true"), "'with-mfa' takes no session policy"),
        (("export", "with-mfa", "--federate"), "'with-mfa' can't be federated: it has the MFA device"),
        (("export", "console", "--federate"), "'console' can't be federated"),
        (("login", "--print-url", "with-mfa", "--tag", "bad"), "'bad' is not key=value"),
    ],
)
def test_the_refusal_comes_before_any_call(
    person: Person, fake_aws: FakeAws, words: tuple[str, ...], message: str
) -> None:
    ended = person.run("pyvault", "--no-input", *(word.format(home=person.home) for word in words))
    assert ended.returncode in {3, 5}, ended.stderr
    assert ended.stdout == ""
    assert message in ended.stderr
    assert fake_aws.ops() == []
    assert not (person.home / "ran").exists()


def test_words_that_can_t_stand_together(person: Person) -> None:
    for words in (
        ("--read-only", "--policy-arn", READ_ONLY),
        ("--profile-env", "--read-only"),
        ("--profile-env", "--federate"),
    ):
        ended = person.run("pyvault", "--no-input", "exec", "reader", *words, "--", "true")
        assert ended.returncode == 2, ended.stderr


def test_credentials_of_the_environment_are_narrowed_or_refused(person: Person, fake_aws: FakeAws) -> None:
    words = ("pyvault", "--no-input", "login", "--print-url", "--read-only")
    assert person.run(*words, **fake_aws.environ("demo")).returncode == 0
    assert sent(fake_aws, "GetFederationToken") == {"PolicyArns.member.1.arn": READ_ONLY}
    session = person.run(*words, **fake_aws.environ("demo"), AWS_SESSION_TOKEN="token")
    assert session.returncode == 5
    assert "takes no session policy" in session.stderr


def test_stored_keys_are_federated_where_that_is_asked_for(person: Person, fake_aws: FakeAws) -> None:
    key = export(person, "demo", "--federate", "--read-only", "--tag", "a=b", "-d", "2h")
    assert sent(fake_aws, "GetFederationToken") == {
        "PolicyArns.member.1.arn": READ_ONLY,
        "Tags.member.1.Key": "a",
        "Tags.member.1.Value": "b",
    }
    assert fake_aws.calls("GetFederationToken")[-1]["params"]["DurationSeconds"] == "7200"
    assert export(person, "demo", "--federate", "--read-only", "--tag", "a=b", "-d", "2h") == key
    ended = person.run("pyvault", "--no-input", "login", "--print-url", "demo", "--read-only")
    assert ended.returncode == 0, ended.stderr
    assert sent(fake_aws, "GetFederationToken") == {"PolicyArns.member.1.arn": READ_ONLY}


def test_the_console_s_session_takes_policies_and_tags(person: Person, fake_aws: FakeAws) -> None:
    words = ("--policy-arn", VIEW_ONLY, "--tag", "a=b")
    for profile, op in (("demo", "GetFederationToken"), ("reader", "AssumeRole")):
        ended = person.run("pyvault", "--no-input", "login", "--print-url", profile, *words)
        assert ended.returncode == 0, ended.stderr
        assert sent(fake_aws, op) == {
            "PolicyArns.member.1.arn": VIEW_ONLY,
            "Tags.member.1.Key": "a",
            "Tags.member.1.Value": "b",
        }


def test_the_limits_of_a_federated_session_are_said(person: Person) -> None:
    shown = " ".join(person.run("pyvault", "export", "--help").stdout.split())
    assert "no MFA, no calls of IAM or STS" in shown
    assert "ReadOnlyAccess, which reads data, too" in shown


def test_too_much_for_aws_to_pack_is_a_named_error(person: Person, fake_aws: FakeAws) -> None:
    tags = [word for number in range(20) for word in ("--tag", f"k{number}={'v' * 250}")]
    ended = person.run("pyvault", "--no-input", "export", "reader", *tags)
    assert ended.returncode == 6
    assert "PackedPolicyTooLarge" in ended.stderr
    assert "make the policy shorter" in ended.stderr
    assert fake_aws.ops()[-1] == "sts.AssumeRole"


def test_read_only_switches_where_the_source_can_t_be_narrowed(person: Person, fake_aws: FakeAws) -> None:
    assert export(person, "sso", "--read-only") == export(person, "reader")
    assert sent(fake_aws, "AssumeRole") == {}
    shown = person.run("pyvault", "--no-input", "explain", "sso", "--read-only")
    assert "read-only credentials are those of 'reader', its read_only_profile" in shown.stdout


def test_explain_shows_what_is_narrowed_and_calls_nobody(person: Person, fake_aws: FakeAws) -> None:
    words = ("explain", "reader", "--json", "--policy-arn", READ_ONLY, "--tag", "a=b")
    last = json_of(person, *words)["steps"][-1]
    assert (last["policy_arns"], last["session_tags"]) == ([READ_ONLY], {"a": "b"})
    refused = person.run("pyvault", "--no-input", "explain", "demo", "--read-only")
    assert refused.returncode == 5
    assert "no credentials: profile 'demo' takes no session policy" in refused.stdout
    assert fake_aws.ops() == []


def test_a_server_beside_a_command_narrows_and_the_next_one_without_does_not(person: Person, fake_aws: FakeAws) -> None:
    for words, expected in ((("--read-only",), {"PolicyArns.member.1.arn": READ_ONLY}), ((), {})):
        ended = person.run("pyvault", "--no-input", "exec", "--server", *words, "reader", "--", "true")
        assert ended.returncode == 0, ended.stderr
        assert sent(fake_aws, "AssumeRole") == expected
    assert fake_aws.ops().count("sts.AssumeRole") == 2


def test_a_server_narrows_the_profile_and_each_further_role(person: Person, fake_aws: FakeAws) -> None:
    role = fake_aws.role_arn("r1")
    server = Standing(
        person.home, {**person.environ}, "--read-only", "--allow-role", role, "--federate", "demo"
    )  # fmt: skip
    try:
        status, answer = ask(server.uri, server.token)
        assert status == 200, answer
        assert answer["AccessKeyId"] != export(person, "demo", "--federate")
        status, further = ask(server.uri, server.token, f"/role-arn/{role}")
        assert status == 200, further
    finally:
        assert server.stop(signal.SIGTERM) == 0
    assert sent(fake_aws, "GetFederationToken", 0) == {"PolicyArns.member.1.arn": READ_ONLY}
    assert sent(fake_aws, "AssumeRole") == {"PolicyArns.member.1.arn": READ_ONLY}
