"""AssumeRoleWithWebIdentity."""

from __future__ import annotations

from typing import Any

import pytest

from fake_aws.client import FakeAws


@pytest.fixture
def trade(fake_aws: FakeAws, boto: Any) -> Any:
    """Trade a token for the role ``ci``, unsigned."""

    def call(token: str, role: str = "ci", **more: Any) -> Any:
        return boto("sts").assume_role_with_web_identity(
            RoleArn=fake_aws.role_arn(role), RoleSessionName="test", WebIdentityToken=token, **more
        )

    return call


def test_a_valid_token_needs_no_signature(fake_aws: FakeAws, boto: Any, trade: Any) -> None:
    answer = trade(fake_aws.web_identity_token())
    assert answer["SubjectFromWebIdentityToken"] == "repo:example/app"
    assert answer["Audience"] == "sts.amazonaws.com"
    arn = boto("sts", answer["Credentials"]).get_caller_identity()["Arn"]
    assert arn == "arn:aws:sts::123456789012:assumed-role/ci/test"


def test_an_expired_token_is_refused(fake_aws: FakeAws, trade: Any, refusal: Any) -> None:
    token = fake_aws.web_identity_token(lifetime_s=60)
    trade(token)
    fake_aws.advance(61)
    assert refusal(trade, token=token).startswith("ExpiredTokenException: Token expired: current date/time")


@pytest.mark.parametrize("spoil", ["{}\n", " {}", "x{}"])
def test_a_token_with_anything_around_it_is_another_token(
    fake_aws: FakeAws, trade: Any, refusal: Any, spoil: str
) -> None:
    assert refusal(trade, token=spoil.format(fake_aws.web_identity_token())).startswith("InvalidIdentityToken")


@pytest.mark.parametrize("claims", [{"subject": "repo:other/app"}, {"audience": "elsewhere"}])
def test_the_roles_conditions_hold(fake_aws: FakeAws, trade: Any, refusal: Any, claims: dict[str, str]) -> None:
    answer = refusal(trade, token=fake_aws.web_identity_token(**claims))
    assert answer == "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"


def test_an_unknown_provider_is_refused(fake_aws: FakeAws, trade: Any, refusal: Any) -> None:
    answer = refusal(trade, token=fake_aws.web_identity_token(issuer="https://evil.test"))
    assert answer.startswith("InvalidIdentityToken: No OpenIDConnect provider found")


def test_a_role_for_users_is_not_for_tokens(fake_aws: FakeAws, trade: Any, refusal: Any) -> None:
    assert refusal(trade, token=fake_aws.web_identity_token(), role="reader").startswith("AccessDenied")
