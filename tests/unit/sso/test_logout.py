"""Signing out: revoked at AWS, gone here, whatever AWS says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes.sso_calls import START, MemoryBlobs, MovingClock, ScriptedOidc, session
from pyvault.aws.calls import SsoAccount
from pyvault.errors import AwsError, AwsUnreachableError, ItemNotFoundError
from pyvault.model import Credentials
from pyvault.planning.steps import SsoStep
from pyvault.secret import Secret
from pyvault.sso.logout import Logout, logout
from pyvault.sso.oidc import Code, Flow
from pyvault.sso.tokens import SsoToken, TokenStore


class RecordingPortal:
    """A portal that remembers what was revoked."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.revoked: list[Secret[str]] = []
        self.failure = failure

    def get_role_credentials(self, step: SsoStep, token: Secret[str]) -> Credentials:
        raise NotImplementedError

    def list_accounts(self, token: Secret[str]) -> list[SsoAccount]:
        raise NotImplementedError

    def list_account_roles(self, token: Secret[str], account_id: str) -> list[str]:
        raise NotImplementedError

    def logout(self, token: Secret[str]) -> None:
        if self.failure:
            raise self.failure
        self.revoked.append(token)


class Bench:
    def __init__(self) -> None:
        self.clock = MovingClock()
        self.oidc = ScriptedOidc(self.clock)
        self.blobs = MemoryBlobs()
        self.tokens = TokenStore(self.blobs)
        client = self.oidc.register_client(Flow.DEVICE, start_url="x", scopes=())
        self.tokens.put_registration(session(), Flow.DEVICE, client)
        self.tokens.put_token(
            session(),
            SsoToken(
                access_token=Secret("access"),
                expires=START + timedelta(hours=1),
                refresh_token=Secret("refresh"),
                client=client,
            ),
        )

    def out(self, portal: RecordingPortal) -> Logout:
        return logout(session(), tokens=self.tokens, portal=portal, oidc=self.oidc, clock=self.clock)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_sign_in_is_revoked_and_forgotten(bench: Bench) -> None:
    portal = RecordingPortal()
    assert bench.out(portal) is Logout.REVOKED
    assert portal.revoked == [Secret("access")]
    assert bench.blobs.items == {}
    assert bench.out(portal) is Logout.NOT_SIGNED_IN


def test_an_expired_access_token_is_refreshed_so_that_the_session_can_be_revoked(bench: Bench) -> None:
    bench.clock.sleep(4000)
    portal = RecordingPortal()
    assert bench.out(portal) is Logout.REVOKED
    assert portal.revoked == [Secret("access2")]


def test_a_token_that_aws_does_not_know_any_more_is_no_error(bench: Bench) -> None:
    portal = RecordingPortal(AwsError("refused", code=Code.UNAUTHORIZED))
    assert bench.out(portal) is Logout.ALREADY_OVER
    assert bench.blobs.items == {}


def test_without_a_network_it_is_forgotten_here_and_says_so(bench: Bench) -> None:
    assert bench.out(RecordingPortal(AwsUnreachableError("gone"))) is Logout.ONLY_FORGOTTEN
    assert bench.blobs.items == {}


def test_another_refusal_is_an_error_but_the_token_is_gone(bench: Bench) -> None:
    with pytest.raises(AwsError):
        bench.out(RecordingPortal(AwsError("refused", code="TooManyRequestsException")))
    with pytest.raises(ItemNotFoundError):
        bench.tokens.token(session())
