"""Role credentials through the portal: a token that is refused is dropped, and a person logs in once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pyvault.aws.calls import Iam, SsoAccount, SsoPortal, Sts
from pyvault.config.clients import ClientSettings
from pyvault.errors import AwsError, InputRequiredError
from pyvault.model import Credentials
from pyvault.planning.steps import SsoStep
from pyvault.retrieval.from_sso import get_role_credentials
from pyvault.secret import Secret
from pyvault.sso.tokens import Registration, SsoToken

CLIENT = ClientSettings(region="eu-west-1")
STEP = SsoStep(
    profile="p",
    session="corp",
    start_url="https://x.awsapps.com/start",
    sso_region="eu-west-1",
    account_id="123456789012",
    role_name="Admin",
    registration_scopes=(),
    client=CLIENT,
    why="",
)


class Portal:
    """Takes one token; everything else is a 401 or what the test says."""

    def __init__(self, good: str, refusal: str = "UnauthorizedException") -> None:
        self.good = good
        self.refusal = refusal
        self.shown: list[str] = []

    def sts(self, settings: ClientSettings, credentials: Credentials | None) -> Sts:
        raise NotImplementedError

    def iam(self, settings: ClientSettings, credentials: Credentials) -> Iam:
        raise NotImplementedError

    def sso_portal(self, settings: ClientSettings) -> SsoPortal:
        assert settings == CLIENT
        return self

    def get_role_credentials(self, step: SsoStep, token: Secret[str]) -> Credentials:
        self.shown.append(token.reveal())
        if token != Secret(self.good):
            raise AwsError("no", code=self.refusal)
        return Credentials(
            access_key_id="ASIA", secret_access_key=Secret("s"), expires=datetime(2030, 1, 1, tzinfo=UTC)
        )

    def list_accounts(self, token: Secret[str]) -> list[SsoAccount]:
        raise NotImplementedError

    def list_account_roles(self, token: Secret[str], account_id: str) -> list[str]:
        raise NotImplementedError

    def logout(self, token: Secret[str]) -> None:
        raise NotImplementedError


class Login:
    """Has an old token at hand; a person gives a new one."""

    def __init__(self, *, person: bool = True) -> None:
        self.person = person
        self.rejected: list[Secret[str] | None] = []

    def __call__(self, step: SsoStep, *, rejected: Secret[str] | None = None) -> SsoToken:
        self.rejected.append(rejected)
        if rejected is None:
            return sso_token("old")
        if not self.person:
            raise InputRequiredError("a login is needed")
        return sso_token("new")


def sso_token(text: str) -> SsoToken:
    end = datetime(2030, 1, 1, tzinfo=UTC)
    client = Registration(client_id="c", client_secret=Secret("s"), expires=end)
    return SsoToken(access_token=Secret(text), expires=end, refresh_token=None, client=client)


def test_a_good_token_is_enough() -> None:
    portal, login = Portal("old"), Login()
    assert get_role_credentials(STEP, portal, login).access_key_id == "ASIA"
    assert login.rejected == [None]


def test_a_refused_token_is_replaced_once() -> None:
    portal, login = Portal("new"), Login()
    get_role_credentials(STEP, portal, login)
    assert portal.shown == ["old", "new"]
    assert login.rejected == [None, Secret("old")]


def test_a_second_refusal_is_final() -> None:
    portal, login = Portal("neither"), Login()
    with pytest.raises(AwsError) as caught:
        get_role_credentials(STEP, portal, login)
    assert caught.value.code == "UnauthorizedException"
    assert portal.shown == ["old", "new"]


def test_a_role_that_is_not_the_person_s_needs_no_new_login() -> None:
    portal, login = Portal("new", refusal="ForbiddenException"), Login()
    with pytest.raises(AwsError):
        get_role_credentials(STEP, portal, login)
    assert portal.shown == ["old"]


def test_without_a_person_it_says_so() -> None:
    with pytest.raises(InputRequiredError):
        get_role_credentials(STEP, Portal("new"), Login(person=False))
