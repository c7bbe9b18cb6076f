"""The roles of many accounts: within AWS's rate, past what is forbidden, and to the end where AWS says "slow down"."""

from __future__ import annotations

import threading
import time

import pytest

from pyvault.aws.calls import SsoAccount
from pyvault.errors import AwsError
from pyvault.model import Credentials
from pyvault.planning.steps import SsoStep
from pyvault.secret import Secret
from pyvault.sso.accounts import list_roles
from pyvault.sso.rate import Pace

TOKEN = Secret("token")


class Seconds:
    """A clock for threads: each sees its own waiting, as on a machine with time to spare."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0.0

    def __call__(self) -> float:
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds


class Portal:
    """A portal with a bucket of calls, which fills again as time goes by."""

    def __init__(self, seconds: Seconds, *, rate: float = 20, burst: float = 20) -> None:
        self.seconds = seconds
        self.rate = rate
        self.burst = self.left = burst
        self.then = seconds()
        self.answered: list[str] = []
        self.throttled = 0
        self.refusals: dict[str, str] = {}
        self.takes = 0.0  # real seconds for an answer
        self._lock = threading.Lock()

    def list_account_roles(self, token: Secret[str], account_id: str) -> list[str]:
        with self._lock:
            now = self.seconds()
            self.left = min(self.burst, self.left + (now - self.then) * self.rate)
            self.then = now
            if self.left < 1:
                self.throttled += 1
                raise AwsError("too many", code="TooManyRequestsException")
            self.left -= 1
            self.answered.append(account_id)
            if code := self.refusals.get(account_id):
                raise AwsError("refused", code=code)
        time.sleep(self.takes)
        return ["Admin", "ReadOnly"]

    def list_accounts(self, token: Secret[str]) -> list[SsoAccount]:
        raise NotImplementedError

    def get_role_credentials(self, step: SsoStep, token: Secret[str]) -> Credentials:
        raise NotImplementedError

    def logout(self, token: Secret[str]) -> None:
        raise NotImplementedError


def accounts(count: int) -> list[SsoAccount]:
    return [SsoAccount(account_id=f"{100_000_000_000 + each}", name=f"a{each:03}", email=None) for each in range(count)]


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def pace(seconds: Seconds) -> Pace:
    return Pace(clock=seconds, sleep=seconds.sleep)


def test_500_accounts_are_listed_within_the_rate(seconds: Seconds, pace: Pace) -> None:
    portal = Portal(seconds)
    done: list[int] = []
    listing = list_roles(portal, TOKEN, accounts(500), pace=pace, progress=done.append)
    assert len(listing.roles) == 1000
    assert portal.throttled == 0
    assert done == list(range(1, 501))
    assert [each.account.name for each in listing.roles] == sorted(each.account.name for each in listing.roles)


@pytest.mark.parametrize("rate", [2, 5, 10])
def test_where_aws_takes_fewer_it_is_waited_for(seconds: Seconds, pace: Pace, rate: float) -> None:
    portal = Portal(seconds, rate=rate, burst=5)
    assert len(list_roles(portal, TOKEN, accounts(100), pace=pace).roles) == 200
    assert portal.throttled > 0
    assert sorted(portal.answered) == [each.account_id for each in accounts(100)]


def test_where_aws_takes_none_the_way_out_is_named(seconds: Seconds, pace: Pace) -> None:
    with pytest.raises(AwsError) as caught:
        list_roles(Portal(seconds, rate=0, burst=3), TOKEN, accounts(10), pace=pace)
    assert caught.value.code == "TooManyRequestsException"
    assert "--filter account=" in str(caught.value.hint)
    assert seconds() < 3600


def test_a_forbidden_account_is_passed_over_and_named(seconds: Seconds, pace: Pace) -> None:
    portal = Portal(seconds)
    one, two, three = accounts(3)
    portal.refusals = {two.account_id: "ForbiddenException"}
    listing = list_roles(portal, TOKEN, [one, two, three], pace=pace)
    assert {each.account for each in listing.roles} == {one, three}
    assert listing.forbidden == ((two, "ForbiddenException"),)


def test_where_every_account_is_forbidden_nothing_is_listed(seconds: Seconds, pace: Pace) -> None:
    portal = Portal(seconds)
    portal.refusals = {each.account_id: "ForbiddenException" for each in accounts(50)}
    with pytest.raises(AwsError, match="refused"):
        list_roles(portal, TOKEN, accounts(50), pace=pace)


def test_another_refusal_ends_the_listing_at_once(seconds: Seconds, pace: Pace) -> None:
    portal = Portal(seconds)
    portal.takes = 0.02
    portal.refusals = {accounts(1)[0].account_id: "UnauthorizedException"}
    with pytest.raises(AwsError):
        list_roles(portal, TOKEN, accounts(400), pace=pace)
    assert len(portal.answered) < 400


def test_no_account_is_no_role(seconds: Seconds, pace: Pace) -> None:
    assert list_roles(Portal(seconds), TOKEN, [], pace=pace).roles == ()
