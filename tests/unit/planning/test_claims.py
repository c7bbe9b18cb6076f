"""Whose account the credentials are: handed on where it is known, and never another one than the profile says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aws_profiles import inspected, plan_of
from pyvault.config.account import ClaimedAccount
from pyvault.errors import CredentialsError, InvalidSettingError
from pyvault.model import Credentials
from pyvault.planning.account_claims import confirmed
from pyvault.planning.first_step import PlanOptions
from pyvault.planning.role_request import with_role
from pyvault.planning.steps import AssumeRoleStep
from pyvault.secret import Secret

ONE, TWO = "111111111111", "222222222222"
CLAIM = ClaimedAccount(account_id=ONE, label="aws_account_id of profile 'p'")
ROLE = f"[profile s]\n[profile t]\nsource_profile = s\nrole_arn = arn:aws:iam::{TWO}:role/x\n"


SSO = "[profile t]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\nsso_role_name = r\n"


def credentials(account_id: str | None) -> Credentials:
    return Credentials(access_key_id="AKIA1", secret_access_key=Secret("s"), account_id=account_id)


def test_what_is_not_known_is_what_the_profile_says() -> None:
    assert confirmed(CLAIM, credentials(None)).account_id == ONE
    assert confirmed(CLAIM, credentials(ONE)).account_id == ONE


def test_another_account_is_an_error_that_names_both_and_no_secret() -> None:
    with pytest.raises(CredentialsError) as caught:
        confirmed(CLAIM, credentials(TWO))
    assert f"is '{ONE}', but the credentials received are for '{TWO}'" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        ROLE + f"aws_account_id = {ONE}\n",
        f"[profile t]\nweb_identity_token_file = /t\nrole_arn = arn:aws:iam::{TWO}:role/x\naws_account_id = {ONE}\n",
        SSO + f"sso_account_id = {TWO}\naws_account_id = {ONE}\n",
    ],
)
def test_what_the_config_contradicts_is_said_before_any_call(text: str) -> None:
    with pytest.raises(InvalidSettingError, match=f"aws_account_id of profile 't': is '{ONE}'.* for '{TWO}'"):
        plan_of(text, stored=("s",))
    assert plan_of(text.replace(ONE, TWO), stored=("s",)).claims


def test_each_profile_speaks_of_its_own_credentials_alone() -> None:
    text = f"[default]\naws_account_id = {ONE}\n" + ROLE.replace(
        "[profile s]\n", f"[profile s]\naws_account_id = {ONE}\n"
    )
    plan = plan_of(text, stored=("s",), options=PlanOptions())
    assert {plan.steps[at].profile: claim.account_id for at, claim in plan.claims.items()} == {"s": ONE}
    assert isinstance(plan.steps[max(plan.claims) + 1], AssumeRoleStep)


def test_a_role_that_a_program_asks_a_server_for_may_be_of_any_account() -> None:
    plan = plan_of(f"[profile s]\nregion = eu-west-1\naws_account_id = {ONE}\n", "s", stored=("s",))
    extended = with_role(plan, f"arn:aws:iam::{TWO}:role/x")
    assert extended.claims.keys() == {len(plan.steps) - 1}


def test_the_credentials_file_wins_as_in_an_sdk() -> None:
    text = f"[profile t]\naws_account_id = {ONE}\n"
    plan = plan_of(text, stored=("t",), credentials=f"[t]\naws_account_id = {TWO}\n")
    assert [claim.account_id for claim in plan.claims.values()] == [TWO]


@pytest.mark.parametrize("value", ["1", "11111111111x", "1111111111111"])
def test_an_account_has_twelve_digits(value: str) -> None:
    problem = inspected(f"[profile t]\naws_account_id = {value}\n").problem
    assert "aws_account_id of profile 't'" in str(problem)


def test_a_federated_session_is_of_the_same_account() -> None:
    text = f"[profile t]\naws_account_id = {ONE}\n"
    plan = plan_of(text, stored=("t",), options=PlanOptions(federation=True))
    assert plan.claims.keys() == {len(plan.steps) - 1}
    assert timedelta(hours=1) == getattr(plan.steps[-1], "duration", None)
