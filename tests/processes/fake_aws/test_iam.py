"""IAM access keys: quota, statuses, propagation, and whom IAM takes at all."""

from __future__ import annotations

from typing import Any

import pytest

from fake_aws.client import FakeAws, KeyPair


def pair(created: dict[str, Any]) -> KeyPair:
    key = created["AccessKey"]
    return KeyPair(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])


def test_a_rotation(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    old = fake_aws.key("demo")
    new = pair(boto("iam", old).create_access_key())
    iam = boto("iam", new)
    listed = {key["AccessKeyId"]: key["Status"] for key in iam.list_access_keys()["AccessKeyMetadata"]}
    assert listed == {old.access_key_id: "Active", new.access_key_id: "Active"}
    iam.update_access_key(AccessKeyId=old.access_key_id, Status="Inactive")
    assert refusal(boto("sts", old).get_caller_identity).startswith("InvalidClientTokenId")
    iam.update_access_key(AccessKeyId=old.access_key_id, Status="Active")
    boto("sts", old).get_caller_identity()
    iam.delete_access_key(AccessKeyId=old.access_key_id)
    assert refusal(boto("sts", old).get_caller_identity).startswith("InvalidClientTokenId")
    assert refusal(iam.delete_access_key, AccessKeyId=old.access_key_id).startswith("NoSuchEntity")


def test_a_third_key_is_one_too_many_even_beside_an_inactive_one(boto: Any, refusal: Any, fake_aws: FakeAws) -> None:
    iam = boto("iam", "two-keys")
    iam.update_access_key(AccessKeyId=fake_aws.key("two-keys", 1).access_key_id, Status="Inactive")
    assert refusal(iam.create_access_key) == "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"


def test_a_new_key_is_unknown_until_it_has_propagated(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    fake_aws.stop_clock()
    fake_aws.enlarge({"settings": {"key_propagation_s": 15}})
    iam = boto("iam", "demo")
    new = pair(iam.create_access_key())
    assert len(iam.list_access_keys()["AccessKeyMetadata"]) == 2
    assert refusal(boto("sts", new).get_caller_identity).startswith("InvalidClientTokenId")
    fake_aws.advance(15)
    boto("sts", new).get_caller_identity()


def test_the_last_use_of_a_key_is_known(fake_aws: FakeAws, boto: Any) -> None:
    iam = boto("iam", "demo")
    new = pair(iam.create_access_key())
    unused = iam.get_access_key_last_used(AccessKeyId=new.access_key_id)
    assert unused["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    assert "LastUsedDate" not in unused["AccessKeyLastUsed"]
    boto("s3", new).list_buckets()
    used = iam.get_access_key_last_used(AccessKeyId=new.access_key_id)
    assert (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]) == ("demo", "s3")


def test_iam_takes_a_users_session_only_with_mfa(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    plain = boto("sts", "mfa-user").get_session_token()["Credentials"]
    assert refusal(boto("iam", plain).list_access_keys).startswith("InvalidClientTokenId")
    federated = boto("sts", "mfa-user").get_federation_token(Name="bob")["Credentials"]
    assert refusal(boto("iam", federated).get_user).startswith("InvalidClientTokenId")
    proof = {"SerialNumber": fake_aws.mfa_serial("mfa-user"), "TokenCode": fake_aws.totp("mfa-user")}
    session = boto("sts", "mfa-user").get_session_token(**proof)["Credentials"]
    assert boto("iam", session).get_user()["User"]["UserName"] == "mfa-user"


def test_a_role_must_name_the_user(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    role = {"RoleArn": fake_aws.role_arn("reader"), "RoleSessionName": "test"}
    iam = boto("iam", boto("sts", "demo").assume_role(**role)["Credentials"])
    answer = refusal(iam.list_access_keys)
    assert answer == "ValidationError: Must specify userName when calling with non-User credentials"
    assert len(iam.list_access_keys(UserName="two-keys")["AccessKeyMetadata"]) == 2
    assert refusal(iam.get_user, UserName="nobody").startswith("NoSuchEntity")


def test_an_operation_can_be_denied(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    users = {"limited": {"deny": ["iam:Delete*"]}}
    fake_aws.enlarge({"accounts": {"123456789012": {"users": users}}})
    iam = boto("iam", "limited")
    answer = refusal(iam.delete_access_key, AccessKeyId=fake_aws.key("limited").access_key_id)
    assert "user/limited is not authorized to perform: iam:DeleteAccessKey" in answer
    iam.create_access_key()


def test_a_wrong_status_is_refused(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    key_id = fake_aws.key("demo").access_key_id
    answer = refusal(boto("iam", "demo").update_access_key, AccessKeyId=key_id, Status="Asleep")
    assert answer.startswith("ValidationError: 1 validation error detected: Value 'Asleep'")


@pytest.mark.parametrize("version", ["2010-05-08", "2000-01-01"])
def test_an_unknown_action_is_no_traceback(fake_aws: FakeAws, version: str) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", fake_aws.port, timeout=10)
    connection.request("POST", "/", f"Action=MakeCoffee&Version={version}")
    answer = connection.getresponse()
    assert answer.status == 400
    assert b"Could not find operation MakeCoffee" in answer.read()
    connection.close()


def test_devices_are_listed(fake_aws: FakeAws, boto: Any) -> None:
    devices = boto("iam", "mfa-user").list_mfa_devices()["MFADevices"]
    assert [device["SerialNumber"] for device in devices] == [fake_aws.mfa_serial("mfa-user")]
