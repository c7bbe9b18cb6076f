"""RFC 8628 polling: at AWS's pace, through slow_down and lost answers, to an end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes.sso_calls import MovingClock, ScriptedOidc
from pyvault.errors import AwsError, AwsUnreachableError
from pyvault.secret import Secret
from pyvault.sso.oidc import Code, Flow, TokenAnswer
from pyvault.sso.person_signs_in import await_device_code


def poll(oidc: ScriptedOidc, clock: MovingClock) -> TokenAnswer:
    client = oidc.register_client(Flow.DEVICE, start_url="x", scopes=())
    authorization = oidc.start_device_authorization(client, start_url="x")
    return await_device_code(oidc, client, authorization, clock=clock, sleep=clock.sleep)


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def oidc(clock: MovingClock) -> ScriptedOidc:
    return ScriptedOidc(clock)


def refused(code: str) -> AwsError:
    return AwsError(f"AWS refused: {code}", code=code)


def test_it_asks_until_the_person_has_agreed(oidc: ScriptedOidc, clock: MovingClock) -> None:
    oidc.polls = [refused(Code.PENDING)] * 3
    assert poll(oidc, clock).access_token == Secret("access6")
    assert clock.slept == [5, 5, 5, 5]


def test_deviation_13_slow_down_adds_5_s_and_goes_on(oidc: ScriptedOidc, clock: MovingClock) -> None:
    oidc.polls = [refused(Code.PENDING), refused(Code.SLOW_DOWN), refused(Code.SLOW_DOWN), refused(Code.PENDING)]
    poll(oidc, clock)
    assert clock.slept == [5, 5, 10, 15, 15]


def test_an_interval_of_nothing_becomes_a_second(oidc: ScriptedOidc, clock: MovingClock) -> None:
    oidc.interval = timedelta(0)
    poll(oidc, clock)
    assert clock.slept == [1]


def test_lost_answers_double_the_pause(oidc: ScriptedOidc, clock: MovingClock) -> None:
    oidc.polls = [AwsUnreachableError("gone"), AwsUnreachableError("gone"), refused(Code.PENDING)]
    poll(oidc, clock)
    assert clock.slept == [5, 10, 20, 20]


def test_an_aws_that_stays_away_is_an_error(oidc: ScriptedOidc, clock: MovingClock) -> None:
    oidc.polls = [AwsUnreachableError("gone")] * 20
    with pytest.raises(AwsUnreachableError):
        poll(oidc, clock)
    assert oidc.calls.count("poll") == 5


def test_a_code_that_aws_calls_expired_ends_it(oidc: ScriptedOidc, clock: MovingClock) -> None:
    oidc.polls = [refused(Code.EXPIRED)]
    with pytest.raises(AwsError, match="'ABCD-EFGH' in time") as caught:
        poll(oidc, clock)
    assert caught.value.code == Code.EXPIRED


def test_a_code_that_nobody_enters_expires_here_too(oidc: ScriptedOidc, clock: MovingClock) -> None:
    oidc.polls = [refused(Code.PENDING)] * 1000
    with pytest.raises(AwsError) as caught:
        poll(oidc, clock)
    assert caught.value.code == Code.EXPIRED
    assert sum(clock.slept) <= 605


def test_a_denial_ends_it(oidc: ScriptedOidc, clock: MovingClock) -> None:
    oidc.polls = [refused(Code.PENDING), refused(Code.DENIED)]
    with pytest.raises(AwsError, match="denied in the browser"):
        poll(oidc, clock)


def test_any_other_refusal_is_passed_on(oidc: ScriptedOidc, clock: MovingClock) -> None:
    oidc.polls = [refused("InvalidRequestException")]
    with pytest.raises(AwsError, match="InvalidRequestException"):
        poll(oidc, clock)


@pytest.mark.parametrize("code", ["InternalServerException", "500", "503"])
def test_a_fault_of_aws_is_asked_again_and_not_for_ever(oidc: ScriptedOidc, clock: MovingClock, code: str) -> None:
    oidc.polls = [refused(code), refused(Code.PENDING), refused(code)]
    poll(oidc, clock)
    assert oidc.calls.count("poll") == 4
    oidc.polls = [refused(code)] * 20
    with pytest.raises(AwsError, match=code):
        poll(oidc, clock)
