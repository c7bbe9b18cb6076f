"""GetSessionToken, MFA and expiry."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fake_aws.client import FakeAws

WRONG = "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. "


def mfa(fake: FakeAws, code: str | None = None) -> dict[str, str]:
    return {"SerialNumber": fake.mfa_serial("mfa-user"), "TokenCode": code or fake.totp("mfa-user")}


def test_a_code_is_good_once(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    fake_aws.stop_clock()
    proof = mfa(fake_aws)
    session = boto("sts", "mfa-user").get_session_token(**proof)["Credentials"]
    assert boto("sts", session).get_caller_identity()["Arn"].endswith(":user/mfa-user")
    assert refusal(boto("sts", "mfa-user").get_session_token, **proof) == WRONG
    boto("sts", "mfa-user").get_session_token(**mfa(fake_aws, fake_aws.fresh_totp("mfa-user")))


def test_of_many_uses_of_one_code_at_once_exactly_one_wins(fake_aws: FakeAws, boto: Any) -> None:
    from botocore.exceptions import ClientError

    fake_aws.stop_clock()
    proof, sts = mfa(fake_aws), boto("sts", "mfa-user")

    def use(_: int) -> bool:
        try:
            sts.get_session_token(**proof)
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(use, range(40))) == 1


def test_an_older_code_is_refused_after_a_newer_one(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    fake_aws.stop_clock()
    older = mfa(fake_aws)
    fake_aws.advance(30)
    boto("sts", "mfa-user").get_session_token(**mfa(fake_aws))
    assert refusal(boto("sts", "mfa-user").get_session_token, **older) == WRONG


@pytest.mark.parametrize("away", [-60, 60, 3600])
def test_a_code_of_another_time_is_refused(fake_aws: FakeAws, boto: Any, refusal: Any, away: int) -> None:
    fake_aws.stop_clock()
    fake_aws.advance(300)  # keys must not lie in the future when time goes back
    proof = mfa(fake_aws)
    fake_aws.advance(away)
    assert refusal(boto("sts", "mfa-user").get_session_token, **proof) == WRONG


def test_the_device_must_be_the_callers(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    answer = refusal(boto("sts", "demo").get_session_token, **mfa(fake_aws))
    assert answer.startswith("AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.")


def test_serial_and_code_go_together(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    answer = refusal(boto("sts", "mfa-user").get_session_token, TokenCode="123456")
    assert "must provide both" in answer


@pytest.mark.parametrize("seconds", [899, 129_601])
def test_durations_have_bounds(boto: Any, refusal: Any, seconds: int) -> None:
    answer = refusal(boto("sts", "demo").get_session_token, DurationSeconds=seconds)
    assert answer.startswith(f"ValidationError: 1 validation error detected: Value '{seconds}' at 'durationSeconds'")


@pytest.mark.parametrize("seconds", [900, 129_600])
def test_a_session_ends_when_it_said(fake_aws: FakeAws, boto: Any, refusal: Any, seconds: int) -> None:
    fake_aws.stop_clock()
    session = boto("sts", "demo").get_session_token(DurationSeconds=seconds)["Credentials"]
    assert session["Expiration"].timestamp() == pytest.approx(fake_aws.now() + seconds, abs=1)
    fake_aws.advance(seconds - 2)
    boto("sts", session).get_caller_identity()
    fake_aws.advance(2)
    expired = "ExpiredToken: The security token included in the request is expired"
    assert refusal(boto("sts", session).get_caller_identity) == expired
    assert refusal(boto("s3", session).list_buckets) == "ExpiredToken: The provided token has expired."


def test_session_credentials_get_no_session(boto: Any, refusal: Any) -> None:
    session = boto("sts", "demo").get_session_token()["Credentials"]
    answer = "AccessDenied: Cannot call GetSessionToken with session credentials"
    assert refusal(boto("sts", session).get_session_token) == answer


@pytest.mark.parametrize("status", ["Inactive", "deleted"])
def test_a_session_dies_with_its_key(fake_aws: FakeAws, boto: Any, refusal: Any, status: str) -> None:
    key_id = fake_aws.key("demo").access_key_id
    session = boto("sts", "demo").get_session_token()["Credentials"]
    iam = boto("iam", "demo")
    if status == "deleted":
        iam.delete_access_key(AccessKeyId=key_id)
    else:
        iam.update_access_key(AccessKeyId=key_id, Status=status)
    assert refusal(boto("sts", session).get_caller_identity).startswith("InvalidClientTokenId")
    assert refusal(iam.list_access_keys).startswith("InvalidClientTokenId")


def test_sessions_can_be_made_to_end_sooner(fake_aws: FakeAws, boto: Any) -> None:
    fake_aws.stop_clock()
    fake_aws.enlarge({"settings": {"max_lifetime_s": 10}})
    session = boto("sts", "demo").get_session_token()["Credentials"]
    assert session["Expiration"].timestamp() <= fake_aws.now() + 10
