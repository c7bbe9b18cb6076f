"""AssumeRole: trust, MFA, chains, tags, source identity, policies, bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_aws.client import FakeAws

CHAIN_CAP = (
    "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
)


@pytest.fixture
def assume(fake_aws: FakeAws, boto: Any) -> Any:
    """Assume a role by name as somebody; give the whole answer."""

    def call(who: Any, role: str, **more: Any) -> Any:
        return boto("sts", who).assume_role(RoleArn=fake_aws.role_arn(role), RoleSessionName="test", **more)

    return call


def test_a_trusted_user_gets_the_role(boto: Any, assume: Any) -> None:
    answer = assume("demo", "reader")
    arn = "arn:aws:sts::123456789012:assumed-role/reader/test"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    identity = boto("sts", answer["Credentials"]).get_caller_identity()
    assert (identity["Arn"], identity["UserId"]) == (arn, answer["AssumedRoleUser"]["AssumedRoleId"])


@pytest.mark.parametrize("role", ["r2", "nobody"])
def test_an_untrusting_role_and_a_missing_one_look_alike(boto: Any, refusal: Any, role: str) -> None:
    arn = f"arn:aws:iam::123456789012:role/{role}"
    answer = refusal(boto("sts", "demo").assume_role, RoleArn=arn, RoleSessionName="test")
    who = "arn:aws:iam::123456789012:user/demo"
    assert answer == f"AccessDenied: User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}"


def test_the_external_id_must_be_right(assume: Any, refusal: Any) -> None:
    assert refusal(assume, who="demo", role="partner").startswith("AccessDenied")
    assert refusal(assume, who="demo", role="partner", ExternalId="partner-43").startswith("AccessDenied")
    assume("demo", "partner", ExternalId="partner-42")


def test_a_role_may_want_mfa(fake_aws: FakeAws, boto: Any, assume: Any, refusal: Any) -> None:
    assert refusal(assume, who="mfa-user", role="admin").startswith("AccessDenied")
    plain = boto("sts", "mfa-user").get_session_token()["Credentials"]
    assert refusal(assume, who=plain, role="admin").startswith("AccessDenied")
    serial = fake_aws.mfa_serial("mfa-user")
    assume("mfa-user", "admin", SerialNumber=serial, TokenCode=fake_aws.fresh_totp("mfa-user"))
    proof = {"SerialNumber": serial, "TokenCode": fake_aws.fresh_totp("mfa-user")}
    assume(boto("sts", "mfa-user").get_session_token(**proof)["Credentials"], "admin")


def test_a_chain_of_three_is_capped_at_an_hour(boto: Any, assume: Any, refusal: Any) -> None:
    first = assume("demo", "r1", DurationSeconds=43_200)["Credentials"]
    assert refusal(assume, who=first, role="r2", DurationSeconds=3601) == CHAIN_CAP
    second = assume(first, "r2", DurationSeconds=3600)["Credentials"]
    third = assume(second, "r3")["Credentials"]
    assert boto("sts", third).get_caller_identity()["Arn"].endswith(":assumed-role/r3/test")


def test_a_users_session_counts_as_a_chain(boto: Any, assume: Any, refusal: Any) -> None:
    session = boto("sts", "demo").get_session_token()["Credentials"]
    assert refusal(assume, who=session, role="reader", DurationSeconds=3601) == CHAIN_CAP


def test_the_roles_own_maximum_holds(fake_aws: FakeAws, assume: Any, refusal: Any) -> None:
    world = {"accounts": {"123456789012": {"roles": {"short": {"trusted": ["user/demo"], "max_session_s": 7200}}}}}
    fake_aws.enlarge(world)
    assume("demo", "short", DurationSeconds=7200)
    answer = refusal(assume, who="demo", role="short", DurationSeconds=7201)
    assert answer == "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def test_a_role_session_outlives_its_source_but_not_its_expiry(
    fake_aws: FakeAws, boto: Any, assume: Any, refusal: Any
) -> None:
    session = assume("demo", "reader", DurationSeconds=900)["Credentials"]
    fake_aws.revoke(fake_aws.key("demo").access_key_id)
    boto("sts", session).get_caller_identity()
    fake_aws.advance(901)
    assert refusal(boto("sts", session).get_caller_identity).startswith("ExpiredToken")


@pytest.mark.parametrize(
    ("parameter", "value", "complaint"),
    [
        ("RoleSessionName", "a", "length greater than or equal to 2"),
        ("RoleSessionName", "a" * 65, "length less than or equal to 64"),
        ("RoleSessionName", "a b", "regular expression"),
        ("RoleSessionName", "ä" * 3, "regular expression"),
        ("DurationSeconds", 899, "value greater than or equal to 900"),
        ("DurationSeconds", 43_201, "value less than or equal to 43200"),
        ("ExternalId", "x", "length greater than or equal to 2"),
        ("ExternalId", "a b", "regular expression"),
        ("Policy", "{" + " " * 2048, "length less than or equal to 2048"),
        ("SourceIdentity", "x", "length greater than or equal to 2"),
        ("RoleArn", "arn:aws:iam:x", "length greater than or equal to 20"),
        ("RoleArn", "arn:aws:s3:::some-bucket-name", "is invalid"),
    ],
)
def test_parameters_have_bounds(boto: Any, refusal: Any, parameter: str, value: Any, complaint: str) -> None:
    good = {"RoleArn": "arn:aws:iam::123456789012:role/reader", "RoleSessionName": "test"}
    answer = refusal(boto("sts", "demo").assume_role, **{**good, parameter: value})
    assert answer.startswith(("ValidationError", "MalformedPolicyDocument"))
    if not answer.startswith("Malformed"):
        assert complaint in answer


def test_all_failures_come_at_once(boto: Any, refusal: Any) -> None:
    answer = refusal(boto("sts", "demo").assume_role, RoleArn="arn", RoleSessionName="a")
    assert answer.startswith("ValidationError: 2 validation errors detected: Value 'arn' at 'roleArn'")


def test_policies_are_checked_for_form_and_size(assume: Any, refusal: Any) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    assume("demo", "reader", Policy=policy)
    assert refusal(assume, who="demo", role="reader", Policy="{").startswith("MalformedPolicyDocument")
    tags = [{"Key": f"key-{n}", "Value": "v" * 256} for n in range(20)]
    assert refusal(assume, who="demo", role="reader", Tags=tags).startswith("PackedPolicyTooLarge")


# ---------------------------------------------------------------- tags and source identity
def test_transitive_tags_go_down_the_chain(fake_aws: FakeAws, assume: Any) -> None:
    tags = [{"Key": "team", "Value": "red"}, {"Key": "only", "Value": "here"}]
    first = assume("demo", "r1", Tags=tags, TransitiveTagKeys=["team"])["Credentials"]
    assume(first, "r2", Tags=[{"Key": "extra", "Value": "1"}])
    last = fake_aws.world()["sessions"][-1]
    assert last["tags"] == {"team": "red", "extra": "1"}
    assert last["transitive"] == ["team"]


def test_a_transitive_tag_can_not_be_replaced(assume: Any, refusal: Any) -> None:
    team = [{"Key": "team", "Value": "red"}]
    first = assume("demo", "r1", Tags=team, TransitiveTagKeys=["team"])["Credentials"]
    answer = refusal(assume, who=first, role="r2", Tags=[{"Key": "Team", "Value": "blue"}])
    assert answer.startswith("InvalidParameterValue: One of the specified transitive tag keys can't be set")


@pytest.mark.parametrize(
    "parameters",
    [
        {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
        {"Tags": [{"Key": "aws:x", "Value": "1"}]},
        {"Tags": [{"Key": "a", "Value": "1"}], "TransitiveTagKeys": ["b"]},
        {"Tags": [{"Key": "a" * 129, "Value": "1"}]},
        {"Tags": [{"Key": "a", "Value": "1" * 257}]},
        {"Tags": [{"Key": "a!", "Value": "1"}]},
        {"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]},
    ],
)
def test_bad_tags_are_refused(assume: Any, refusal: Any, parameters: dict[str, Any]) -> None:
    answer = refusal(assume, who="demo", role="reader", **parameters)
    assert answer.startswith(("InvalidParameterValue", "ValidationError"))


def test_tags_need_their_own_permission(fake_aws: FakeAws, assume: Any, refusal: Any) -> None:
    user = "arn:aws:iam::123456789012:user/demo"
    statement = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}
    roles = {"strict": {"trust": {"Statement": [statement]}}}
    fake_aws.enlarge({"accounts": {"123456789012": {"roles": roles}}})
    assume("demo", "strict")
    tagged = refusal(assume, who="demo", role="strict", Tags=[{"Key": "a", "Value": "1"}])
    assert "not authorized to perform: sts:TagSession" in tagged
    named = refusal(assume, who="demo", role="strict", SourceIdentity="alice")
    assert "not authorized to perform: sts:SetSourceIdentity" in named


def test_a_source_identity_stays_for_the_whole_chain(fake_aws: FakeAws, assume: Any, refusal: Any) -> None:
    answer = assume("demo", "r1", SourceIdentity="alice")
    assert answer["SourceIdentity"] == "alice"
    first = answer["Credentials"]
    assert refusal(assume, who=first, role="r2", SourceIdentity="bob").startswith("AccessDenied")
    assert assume(first, "r2")["SourceIdentity"] == "alice"


# ---------------------------------------------------------------- federation and denials
def test_a_federated_user_comes_from_long_term_keys_alone(
    fake_aws: FakeAws, boto: Any, assume: Any, refusal: Any
) -> None:
    federated = boto("sts", "demo").get_federation_token(Name="bob", DurationSeconds=900)
    assert federated["FederatedUser"]["Arn"] == "arn:aws:sts::123456789012:federated-user/bob"
    identity = boto("sts", federated["Credentials"]).get_caller_identity()
    assert identity["UserId"] == "123456789012:bob"
    everybody = {"open": {"trusted": ["*"]}}
    fake_aws.enlarge({"accounts": {"123456789012": {"roles": everybody}}})
    assert refusal(assume, who=federated["Credentials"], role="open").startswith("AccessDenied")
    session = assume("demo", "reader")["Credentials"]
    answer = refusal(boto("sts", session).get_federation_token, Name="bob")
    assert answer == "AccessDenied: Cannot call GetFederationToken with session credentials"


@pytest.mark.parametrize("parameters", [{"Name": "b"}, {"Name": "b" * 33}, {"Name": "bob", "DurationSeconds": 899}])
def test_federation_has_bounds(boto: Any, refusal: Any, parameters: dict[str, Any]) -> None:
    assert refusal(boto("sts", "demo").get_federation_token, **parameters).startswith("ValidationError")


def test_a_denial_can_hang_on_mfa(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    users = {"careful": {"mfa": True, "deny_without_mfa": ["s3:*"]}}
    fake_aws.enlarge({"accounts": {"123456789012": {"users": users}}})
    assert refusal(boto("s3", "careful").list_buckets).startswith("AccessDenied")
    proof = {"SerialNumber": fake_aws.mfa_serial("careful"), "TokenCode": fake_aws.totp("careful")}
    boto("s3", boto("sts", "careful").get_session_token(**proof)["Credentials"]).list_buckets()
