"""What a run asks for goes into the last request and into no other, or is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from aws_profiles import plan_of, profile_of
from pyvault.errors import ConfigError, InvalidSettingError, NotNarrowableError, UsageError
from pyvault.planning.cache_keys import plan_keys
from pyvault.planning.explain_text import draw
from pyvault.planning.narrowing import Narrowing, check_federated, check_own_policy, narrow, stand_in, standing_in
from pyvault.planning.plan import PlanOptions
from pyvault.planning.role_request import with_role
from pyvault.planning.steps import AssumeRoleStep, FederationStep, Plan
from pyvault_cli.commandline.narrowing_input import read_narrowing, read_policy

ROLE = "arn:aws:iam::123456789012:role/t"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POLICY = '{"Version":"2012-10-17","Statement":[]}'
CONFIG = f"""
[profile keys]
region = eu-west-1
[profile mfa]
mfa_serial = arn:aws:iam::123456789012:mfa/m
[profile role]
source_profile = mfa
mfa_serial = arn:aws:iam::123456789012:mfa/m
role_arn = {ROLE}
session_tags = Team=a,project=x
source_identity = of-profile
[profile chain]
source_profile = role
role_arn = {ROLE}2
[profile china]
source_profile = keys
role_arn = arn:aws-cn:iam::123456789012:role/t
[profile own]
source_profile = keys
role_arn = {ROLE}
policy_arns = {READ_ONLY}
[profile web]
role_arn = {ROLE}
web_identity_token_file = /t
[profile sso]
sso_start_url = https://x.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = Admin
read_only_profile = sso-ro
[profile sso-ro]
sso_start_url = https://x.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = Reader
[profile process]
credential_process = true
[profile process-mfa]
credential_process = true
mfa_serial = arn:aws:iam::123456789012:mfa/m
[profile source]
credential_source = Environment
[profile login]
login_session = arn:aws:sts::123456789012:assumed-role/a/b
"""
STORED = ("keys", "mfa")
ALL = Narrowing(policy=POLICY, policy_arns=(READ_ONLY,), tags=(("team", "b"),), source_identity="me")
FEDERATED = PlanOptions(federation=True, disable_sessions_for="keys")


def planned(name: str, options: PlanOptions | None = None) -> Plan:
    return plan_of(CONFIG, name, stored=STORED, options=options)


def carried(step: Any) -> dict[str, object]:
    names = ("policy", "policy_arns", "session_tags", "source_identity")
    return {name: value for name in names if (value := getattr(step, name, None))}


def test_all_of_it_is_in_the_last_request_alone() -> None:
    before = planned("chain")
    after = narrow(before, ALL)
    assert after.steps[:-1] == before.steps[:-1]
    assert carried(after.steps[-1]) == {
        "policy": POLICY,
        "policy_arns": (READ_ONLY,),
        "session_tags": (("team", "b"),),
        "source_identity": "me",
    }


def test_a_tag_counts_instead_of_the_profile_s_of_the_same_key_and_the_others_stay() -> None:
    after = narrow(planned("role"), Narrowing(tags=(("team", "b"),)))
    assert carried(after.steps[-1]) == {
        "session_tags": (("project", "x"), ("team", "b")),
        "source_identity": "of-profile",
    }


@pytest.mark.parametrize(("name", "partition"), [("role", "aws"), ("china", "aws-cn"), ("web", "aws")])
def test_read_only_is_the_policy_of_the_partition(name: str, partition: str) -> None:
    step: Any = narrow(planned(name), Narrowing(read_only=True)).steps[-1]
    assert step.policy is None
    assert step.policy_arns == (f"arn:{partition}:iam::aws:policy/ReadOnlyAccess",)


def test_a_federated_session_has_the_policy_instead_of_the_one_that_allows_everything() -> None:
    plan = planned("keys", FEDERATED)
    read: Any = narrow(plan, Narrowing(read_only=True)).steps[-1]
    assert isinstance(read, FederationStep)
    assert carried(read) == {"policy_arns": (READ_ONLY,)}
    tagged: Any = narrow(plan, Narrowing(tags=(("a", "b"),))).steps[-1]
    assert (tagged.policy, tagged.session_tags) == (getattr(plan.steps[-1], "policy", None), (("a", "b"),))


POLICIES = [Narrowing(policy=POLICY), Narrowing(policy_arns=(READ_ONLY,)), Narrowing(read_only=True)]
TAGS = Narrowing(tags=(("a", "b"),))
IDENTITY = Narrowing(source_identity="me")


@pytest.mark.parametrize("wanted", [*POLICIES, TAGS, IDENTITY])
@pytest.mark.parametrize("name", ["keys", "mfa", "sso-ro", "process", "process-mfa", "source", "login"])
def test_what_can_t_be_narrowed_is_refused(name: str, wanted: Narrowing) -> None:
    with pytest.raises(NotNarrowableError) as caught:
        narrow(planned(name), wanted)
    assert f"'{name}' takes no {wanted.parts()[0]}" in caught.value.message
    assert f"source_profile = {name}" in (caught.value.hint or "")


def test_keys_as_they_are_can_t_be_narrowed() -> None:
    with pytest.raises(NotNarrowableError, match="the program would get the credentials as they are"):
        narrow(planned("keys", PlanOptions(no_session=True)), POLICIES[0])


@pytest.mark.parametrize(
    ("name", "options", "wanted"),
    [("web", None, TAGS), ("web", None, IDENTITY), ("keys", FEDERATED, IDENTITY)],
)
def test_each_request_takes_what_aws_takes_there(name: str, options: PlanOptions | None, wanted: Narrowing) -> None:
    with pytest.raises(NotNarrowableError, match=f"takes no {wanted.parts()[0]}"):
        narrow(planned(name, options), wanted)


@pytest.mark.parametrize("wanted", POLICIES)
def test_two_policies_allow_what_either_does_so_they_are_refused(wanted: Narrowing) -> None:
    with pytest.raises(NotNarrowableError, match="a session policy of its own"):
        narrow(planned("own"), wanted)
    assert carried(narrow(planned("own"), IDENTITY).steps[-1])["policy_arns"] == (READ_ONLY,)


def test_together_there_are_no_more_than_fifty_tags() -> None:
    tags = tuple((f"k{number}", "v") for number in range(49))
    with pytest.raises(InvalidSettingError, match="more than 50 tags"):
        narrow(planned("role"), Narrowing(tags=tags))


@pytest.mark.parametrize("wanted", [*POLICIES, TAGS, IDENTITY])
def test_with_and_without_never_share_a_session(wanted: Narrowing) -> None:
    without = planned("role")
    one, other = plan_keys(without, "AKIA1"), plan_keys(narrow(without, wanted), "AKIA1")
    assert one[:-1] == other[:-1]
    assert one[-1] != other[-1]


@pytest.mark.parametrize("wanted", POLICIES)
def test_a_further_role_of_a_server_is_narrowed_instead(wanted: Narrowing) -> None:
    further = "arn:aws:iam::123456789012:role/further"
    plan = with_role(narrow(planned("role"), wanted), further)
    last = plan.steps[-1]
    assert isinstance(last, AssumeRoleStep)
    assert last.role_arn == further
    assert carried(last) == carried(narrow(with_role(planned("role"), further), wanted).steps[-1])
    assert plan.steps[:-1] == planned("role").steps


def test_the_keys_assume_a_further_role_and_not_their_federated_session() -> None:
    plan = with_role(narrow(planned("keys", FEDERATED), POLICIES[2]), ROLE)
    assert [step.op for step in plan.steps] == ["stored", "sts.AssumeRole"]
    assert carried(plan.steps[-1]) == {"policy_arns": (READ_ONLY,)}


def test_read_only_switches_to_another_profile_where_nothing_can_be_narrowed() -> None:
    plan, profile = planned("sso"), profile_of(CONFIG, "sso")
    wanted = Narrowing(read_only=True)
    assert stand_in(plan, profile, wanted) == "sso-ro"
    assert stand_in(plan, profile, POLICIES[0]) is None
    assert stand_in(planned("role"), profile, wanted) is None
    other = standing_in(planned("sso-ro"), plan, profile, wanted)
    assert other.steps == planned("sso-ro").steps
    assert carried(with_role(other, ROLE).steps[-1]) == {"policy_arns": (READ_ONLY,)}
    with pytest.raises(NotNarrowableError, match="'sso-ro' takes no session tags"):
        standing_in(planned("sso-ro"), plan, profile, Narrowing(read_only=True, tags=(("a", "b"),)))
    drawn = draw(other, profile_of(CONFIG, "sso-ro"), lambda _: "miss")
    assert "the program gets these credentials\n" in drawn
    assert "sso.GetRoleCredentials of sso: it takes no session policy, so read-only credentials are" in drawn


def test_a_policy_of_the_profile_is_in_force_or_an_error() -> None:
    profile = profile_of(f"[profile t]\nregion = eu-west-1\npolicy_arns = {READ_ONLY}\n", stored=("t",))
    with pytest.raises(NotNarrowableError, match="policy_arns of profile 't': profile 't' takes no session policy"):
        check_own_policy(plan_of(f"[profile t]\npolicy_arns = {READ_ONLY}\n", stored=("t",)), profile)
    federated = plan_of(
        f"[profile t]\npolicy_arns = {READ_ONLY}\n", stored=("t",), options=PlanOptions(federation=True)
    )
    check_own_policy(federated, profile)
    assert carried(federated.steps[-1]) == {"policy_arns": (READ_ONLY,)}
    with pytest.raises(NotNarrowableError, match="a session policy of its own"):
        narrow(federated, POLICIES[0])


def test_explain_draws_what_is_narrowed() -> None:
    plan = narrow(planned("role"), Narrowing(policy=POLICY, policy_arns=(READ_ONLY,)))
    drawn = draw(plan, profile_of(CONFIG, "role"), lambda _: "miss")
    assert f"session policy {POLICY}\n" in drawn
    assert f"session policy {READ_ONLY}\n" in drawn
    assert "the program gets these credentials, narrowed for this run" in drawn


@pytest.mark.parametrize(
    ("name", "message"), [("role", "only the stored keys of a user can"), ("mfa", "it has the MFA device")]
)
def test_only_stored_keys_without_mfa_are_federated(name: str, message: str) -> None:
    plan = planned(name, PlanOptions(federation=True, disable_sessions_for=name))
    with pytest.raises(NotNarrowableError, match=message):
        check_federated(plan, profile_of(CONFIG, name, stored=STORED))


def given(**options: Any) -> Narrowing:
    nothing: dict[str, Any] = {
        "policy_file": None,
        "policy_arns": (),
        "read_only": False,
        "tags": (),
        "source_identity": None,
    }
    return read_narrowing(**{**nothing, **options})


def test_a_policy_file_is_sent_without_white_space(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [], "Id": "é"}, indent=80, ensure_ascii=False))
    assert read_policy(path) == r'{"Version":"2012-10-17","Statement":[],"Id":"\u00e9"}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b'{"Statement":[],"Statement":[1]}', "or a key stands in it twice"),
        (b'{"Statement":[{"Effect":"Deny","Effect":"Allow"}]}', "or a key stands in it twice"),
        ('{"Statement":[]}'.encode("utf-16"), "is not JSON"),
        (b'{"Statement":NaN}', "is not JSON"),
        (b'{"Statement":1e999}', "is not JSON"),
        (b'{"Statement":"\\ud800"}', "is not JSON"),
        (b'{"Statement":' + b"[" * 9000, "is not JSON"),
        (b"[]", "it has no 'Statement'"),
        (b"{}", "it has no 'Statement'"),
        (b'{"Statement":"%s"}' % (b"a" * 2033), "longer than 2048 characters"),
        (b" " * 65_537, "can't be read: it has more than 65536 bytes"),
    ],
)
def test_what_is_no_policy_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_policy(path)
    assert message in caught.value.message
    assert str(path) in caught.value.message


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices of POSIX")
@pytest.mark.parametrize(
    ("kind", "said"), [("pipe", "it is a pipe"), ("folder", "it is a directory"), ("endless", "it is a device")]
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str, said: str) -> None:
    path = tmp_path / "policy.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match=said):
        read_policy(path)


def test_the_mark_of_windows_editors_is_no_part_of_a_policy(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(b'\xef\xbb\xbf{"Statement":[]}')
    assert read_policy(path) == '{"Statement":[]}'


def test_two_thousand_and_forty_eight_characters_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text('{"Statement":"%s"}' % ("a" * 2032))
    assert len(read_policy(path)) == 2048
    with pytest.raises(ConfigError, match="No such file"):
        read_policy(tmp_path / "none")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"policy_arns": [READ_ONLY.replace("ReadOnly", f"R{number}") for number in range(11)]}, "more than 10"),
        ({"policy_arns": ["ReadOnlyAccess"]}, "is not the ARN of a managed policy"),
        ({"tags": ["a"]}, "'a' is not key=value"),
        ({"tags": ["a=1", "A=2"]}, "occurs twice"),
        ({"tags": ["aws:x=1"]}, "AWS refuses the tag"),
        ({"tags": ["a=1!"]}, "AWS refuses the value of 'a'"),
        ({"source_identity": "x"}, "2 to 64 characters"),
        ({"source_identity": "a b"}, "characters that AWS refuses"),
    ],
)
def test_a_value_that_aws_would_refuse_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSettingError, match=message):
        given(**options)


@pytest.mark.parametrize("options", [{"policy_arns": [READ_ONLY]}, {"policy_file": Path("p")}])
def test_read_only_stands_alone(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="AWS allows what either policy allows"):
        given(read_only=True, **options)


def test_the_values_are_taken_as_they_are() -> None:
    assert given(tags=["a=b=c"], policy_arns=[READ_ONLY, READ_ONLY], source_identity="me") == Narrowing(
        tags=(("a", "b=c"),), policy_arns=(READ_ONLY,), source_identity="me"
    )


@pytest.mark.parametrize("arn", ["x", f"{READ_ONLY}\n", "arn:aws:iam::1:policy/x", ROLE, "arn:aws:iam::aws:policy/a b"])
def test_what_is_no_policys_arn_is_told_as_that(arn: str) -> None:
    with pytest.raises(InvalidSettingError, match="is not the ARN of a managed policy") as caught:
        read_narrowing(policy_file=None, policy_arns=[arn], read_only=False, tags=[], source_identity=None)
    assert "\n" not in str(caught.value)


def test_a_profile_does_not_stand_in_for_itself() -> None:
    config = "[profile t]\nregion = eu-west-1\nread_only_profile = t\n"
    profile = profile_of(config, stored=("t",))
    with pytest.raises(
        NotNarrowableError, match="read_only_profile of profile 't': the profile can't stand in for itself"
    ):
        stand_in(plan_of(config, stored=("t",)), profile, Narrowing(read_only=True))
