"""Signing out: revoked at AWS, gone here, whatever AWS says."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.sso_calls import START, MemoryBlobs, MovingClock, ScriptedOidc, session
from pyvault.aws.calls import SsoAccount
from pyvault.errors import AwsError, AwsUnreachableError, InputRequiredError, ItemCorruptError
from pyvault.model import Credentials
from pyvault.names import Kind
from pyvault.planning.steps import SsoStep
from pyvault.secret import Secret
from pyvault.sessions.single_flight import SingleFlight
from pyvault.sso.access_token import SsoLogin
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
    def __init__(self, directory: Path) -> None:
        self.clock = MovingClock()
        self.flights = SingleFlight(directory)
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
        return logout(
            session(), tokens=self.tokens, flights=self.flights, portal=portal, oidc=self.oidc, clock=self.clock
        )

    def refresh(self) -> SsoToken:
        """Get a token as another process would, which has no person."""
        login = SsoLogin(
            tokens=self.tokens, flights=self.flights, connect=lambda _: self.oidc, sign_in=None, clock=self.clock
        )
        return login.token(session())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


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


def test_another_refusal_is_an_error_but_all_is_gone_from_here(bench: Bench) -> None:
    with pytest.raises(AwsError):
        bench.out(RecordingPortal(AwsError("refused", code="TooManyRequestsException")))
    assert bench.blobs.items == {}


def test_a_token_that_can_not_be_read_is_an_error_but_all_is_gone_from_here(bench: Bench) -> None:
    bench.blobs.put_blob(Kind.SSO_TOKEN, session().key(), Secret(b"spoilt"))
    portal = RecordingPortal()
    with pytest.raises(ItemCorruptError):
        bench.out(portal)
    assert portal.revoked == []
    assert bench.blobs.items == {}
    assert bench.out(portal) is Logout.NOT_SIGNED_IN


def test_a_refresh_under_way_does_not_sign_in_again_who_signs_out(bench: Bench) -> None:
    portal = RecordingPortal()
    outcomes: list[Logout] = []
    signing_out = threading.Thread(target=lambda: outcomes.append(bench.out(portal)))

    def meanwhile() -> None:
        signing_out.start()
        signing_out.join(0.3)  # were it not to wait for us, it would be over now, and we would store after it

    bench.clock.sleep(3500)
    bench.oidc.on_refresh = meanwhile
    renewed = bench.refresh()
    signing_out.join(20)
    assert outcomes == [Logout.REVOKED]
    assert portal.revoked == [renewed.access_token]  # what the refresh brought, not what it replaced
    assert bench.blobs.items == {}


def test_whoever_waits_while_somebody_signs_out_has_to_sign_in(bench: Bench) -> None:
    class SlowPortal(RecordingPortal):
        def logout(self, token: Secret[str]) -> None:
            waiting.start()
            waiting.join(0.3)
            super().logout(token)

    failures: list[Exception] = []

    def refresh() -> None:
        with pytest.raises(InputRequiredError) as caught:
            bench.refresh()
        failures.append(caught.value)

    waiting = threading.Thread(target=refresh)
    assert bench.out(SlowPortal()) is Logout.REVOKED
    waiting.join(20)
    assert len(failures) == 1
    assert bench.blobs.items == {}
