"""Cache, refresh, sign-in: in this order, under one lock, and what ends each of them."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.sso_calls import DevicePerson, MemoryBlobs, MovingClock, ScriptedOidc, session
from pyvault.config.clients import ClientSettings
from pyvault.errors import AwsError, AwsUnreachableError, InputRequiredError, UnusableAnswerError
from pyvault.secret import Secret
from pyvault.sessions.single_flight import SingleFlight
from pyvault.sso.access_token import DEAD_GRANT, SsoLogin
from pyvault.sso.oidc import Code, Flow
from pyvault.sso.person_signs_in import SignIn
from pyvault.sso.tokens import AccessToken, TokenStore


class Bench:
    """A login with everything around it."""

    def __init__(self, directory: Path, *, with_person: bool = True) -> None:
        self.clock = MovingClock()
        self.oidc = ScriptedOidc(self.clock)
        self.blobs = MemoryBlobs()
        self.tokens = TokenStore(self.blobs)
        self.person = DevicePerson()
        self.directory = directory
        self.login = self.another(with_person=with_person)

    def another(self, *, with_person: bool = True) -> SsoLogin:
        """Give a login as another process would have it: the same vault and locks."""
        sign_in = SignIn(
            connect=lambda _: self.oidc,
            tokens=self.tokens,
            prompt=self.person,
            clock=self.clock,
            sleep=self.clock.sleep,
        )
        return SsoLogin(
            tokens=self.tokens,
            flights=SingleFlight(self.directory),
            connect=lambda _: self.oidc,
            sign_in=sign_in if with_person else None,
            clock=self.clock,
        )


def left_by_aws_cli(bench: Bench, token: str, *, life: timedelta = timedelta(hours=1)) -> SsoLogin:
    """Give a login on a machine where the AWS CLI has signed in, and nobody is there."""
    found = AccessToken(access_token=Secret(token), expires=bench.clock() + life)
    return SsoLogin(
        tokens=bench.tokens,
        flights=SingleFlight(bench.directory),
        connect=lambda _: bench.oidc,
        sign_in=None,
        clock=bench.clock,
        find_foreign=lambda _: found,
    )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "locks")


def test_the_first_time_a_person_signs_in_and_then_nobody(bench: Bench) -> None:
    first = bench.login.token(session())
    assert bench.oidc.calls == ["register device", "start device", "poll"]
    assert bench.another().token(session()) == first
    assert len(bench.oidc.calls) == 3


def test_an_old_token_is_refreshed_without_a_person(bench: Bench) -> None:
    bench.login.token(session())
    bench.clock.sleep(3600 - 299)
    token = bench.another(with_person=False).token(session())
    assert token.access_token == Secret("access4")
    assert bench.oidc.calls[3:] == ["refresh"]
    assert bench.tokens.token(session()) == token


def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one(bench: Bench) -> None:
    bench.login.token(session())
    bench.clock.sleep(3600)
    bench.oidc.refresh_gives_token = False
    assert bench.login.token(session()).refresh_token == Secret("refresh3")


@pytest.mark.parametrize("code", [Code.BAD_GRANT, Code.BAD_CLIENT, Code.UNKNOWN_CLIENT, Code.EXPIRED])
def test_a_dead_refresh_token_means_signing_in(bench: Bench, code: Code) -> None:
    bench.login.token(session())
    bench.clock.sleep(3600)
    bench.oidc.refreshes = [AwsError("refused", code=code)]
    bench.login.token(session())
    assert bench.oidc.calls[3:] == ["refresh", "start device", "poll"]


def test_another_refusal_of_the_refresh_is_an_error_and_opens_no_browser(bench: Bench) -> None:
    bench.login.token(session())
    bench.clock.sleep(3600)
    bench.oidc.refreshes = [AwsError("refused", code="InternalServerException")]
    with pytest.raises(AwsError, match="refused"):
        bench.login.token(session())
    assert bench.oidc.calls[3:] == ["refresh"]


def test_without_a_network_a_token_is_used_to_its_end(bench: Bench) -> None:
    first = bench.login.token(session())
    bench.clock.sleep(3500)
    bench.oidc.refreshes = [AwsUnreachableError("no network"), AwsUnreachableError("no network")]
    assert bench.login.token(session()) == first
    bench.clock.sleep(200)
    with pytest.raises(AwsUnreachableError):
        bench.login.token(session())


TROUBLE: tuple[Exception, ...] = (
    *(AwsError("refused", code=code) for code in Code if code is not Code.PENDING),
    *(AwsError("refused", code=code) for code in ("InternalServerException", "TooManyRequestsException", "500")),
    AwsUnreachableError("no network"),
    UnusableAnswerError("no answer of AWS's"),
)


@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda each: getattr(each, "code", type(each).__name__))
def test_trouble_with_a_refresh_ends_no_good_token(bench: Bench, trouble: Exception) -> None:
    first = bench.login.token(session())
    bench.clock.sleep(3600 - 240)
    bench.oidc.refreshes = [trouble]
    login = bench.another(with_person=False)
    assert login.token(session()).access_token == first.access_token
    assert bench.tokens.token(session()).access_token == first.access_token
    assert bench.tokens.token(session()).identity == first.identity
    bench.oidc.refreshes = []
    again = login.token(session())
    if isinstance(trouble, AwsError) and trouble.code in DEAD_GRANT:
        assert again.access_token == first.access_token
        assert bench.oidc.calls[3:] == ["refresh"]  # what is worth nothing is not tried again
        bench.clock.sleep(240)
        with pytest.raises(InputRequiredError):
            login.token(session())
    else:
        assert again.access_token == Secret("access5")


def test_a_good_token_that_nothing_refreshes_is_used_to_its_end(bench: Bench) -> None:
    bench.oidc.refresh_gives_token = False
    first = bench.login.token(session())
    bench.clock.sleep(3599)
    assert bench.login.token(session()) == first
    assert len(bench.oidc.calls) == 3


def test_a_token_that_ended_on_its_way_to_aws_is_refreshed(bench: Bench) -> None:
    first = bench.login.token(session())
    bench.clock.sleep(3600)
    renewed = bench.another(with_person=False).token(session(), rejected=first.access_token)
    assert renewed.access_token == Secret("access4")


@pytest.mark.parametrize("refreshes", [True, False])
def test_a_rejected_token_that_was_about_to_end_is_not_used_again(bench: Bench, *, refreshes: bool) -> None:
    bench.oidc.refresh_gives_token = refreshes
    first = bench.login.token(session())
    bench.clock.sleep(3600 - 60)
    bench.oidc.refreshes = [AwsError("refused", code=Code.BAD_GRANT)]
    with pytest.raises(InputRequiredError):
        bench.another(with_person=False).token(session(), rejected=first.access_token)
    assert bench.blobs.kinds() == ["sso-client"]


def test_a_token_without_refresh_token_needs_a_person_again(bench: Bench) -> None:
    bench.oidc.refresh_gives_token = False
    bench.login.token(session())
    bench.clock.sleep(3600)
    bench.login.token(session())
    assert bench.oidc.calls[3:] == ["start device", "poll"]


def test_deviation_13_the_registration_is_kept_until_it_expires(bench: Bench) -> None:
    bench.login.token(session())
    bench.login.sign_in_again(session())
    assert bench.oidc.calls.count("register device") == 1
    bench.clock.sleep(timedelta(days=90).total_seconds())
    bench.login.sign_in_again(session())
    assert bench.oidc.calls.count("register device") == 2


def test_a_refresh_token_is_not_tried_after_its_registration_ended(bench: Bench) -> None:
    bench.login.token(session())
    bench.clock.sleep(timedelta(days=90).total_seconds())
    bench.login.token(session())
    assert "refresh" not in bench.oidc.calls


def test_a_registration_that_aws_forgot_is_made_anew_once(bench: Bench) -> None:
    bench.login.token(session())
    bench.oidc.known.clear()
    bench.login.sign_in_again(session())
    assert bench.oidc.calls[3:] == ["start device", "register device", "start device", "poll"]


def test_deviation_13_a_token_refused_with_401_is_dropped_and_a_person_signs_in_once(bench: Bench) -> None:
    first = bench.login.token(session())
    second = bench.login.token(session(), rejected=first.access_token)
    assert second.access_token != first.access_token
    assert bench.oidc.calls[3:] == ["start device", "poll"]
    # Another process that met the same 401 takes what came of it.
    assert bench.another().token(session(), rejected=first.access_token) == second
    assert len(bench.oidc.calls) == 5


def test_deviation_24_without_a_person_it_fails_at_once_and_says_what_to_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path, with_person=False)
    with pytest.raises(InputRequiredError, match="nobody is signed in to 'corp'") as caught:
        bench.login.token(session())
    assert caught.value.hint == "run: pyvault sso login corp"
    assert bench.oidc.calls == []
    with pytest.raises(InputRequiredError) as caught:
        bench.login.token(session(None, start_url="https://x/$(reboot)"))
    assert caught.value.hint == "run: pyvault sso login 'https://x/$(reboot)'"


def test_deviation_11_any_number_of_starts_make_one_sign_in(bench: Bench) -> None:
    logins = [bench.another() for _ in range(20)]
    tokens: list[Secret[str]] = []

    def run(login: SsoLogin) -> None:
        tokens.append(login.token(session()).access_token)

    threads = [threading.Thread(target=run, args=(login,)) for login in logins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 20
    assert bench.oidc.calls == ["register device", "start device", "poll"]
    assert bench.person.shown == ["ABCD-EFGH"]


def test_deviation_11_any_number_of_starts_make_one_refresh(bench: Bench) -> None:
    bench.login.token(session())
    bench.clock.sleep(3600)
    logins = [bench.another(with_person=False) for _ in range(20)]
    threads = [threading.Thread(target=login.token, args=(session(),)) for login in logins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bench.oidc.calls[3:] == ["refresh"]


def test_signing_in_anew_ignores_a_good_token(bench: Bench) -> None:
    first = bench.login.token(session())
    assert bench.login.sign_in_again(session()) != first
    assert bench.oidc.calls.count("poll") == 2


def test_two_portals_do_not_meet(bench: Bench) -> None:
    other = session(start_url="https://other.awsapps.com/start")
    assert bench.login.token(session()).access_token != bench.login.token(other).access_token
    assert bench.oidc.calls.count("register device") == 2


class AbsentPerson(DevicePerson):
    """Somebody whose browser never comes back."""

    def choose_flow(self) -> Flow:
        return Flow.BROWSER


def test_a_browser_that_never_comes_back_makes_the_next_try_register_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyvault.sso.person_signs_in.BROWSER_SECONDS", 0.01)
    bench.person = AbsentPerson()
    for _ in range(2):
        with pytest.raises(Exception, match="no browser came back"):
            bench.another().token(session())
    assert bench.oidc.calls == ["register browser", "register browser"]
    assert bench.blobs.kinds() == []


def test_a_token_of_the_aws_cli_is_used_and_neither_kept_nor_refreshed(bench: Bench) -> None:
    assert left_by_aws_cli(bench, "theirs").token(session()).access_token == Secret("theirs")
    assert bench.oidc.calls == []
    assert bench.blobs.items == {}


def test_a_token_of_our_own_comes_before_that_of_the_aws_cli(bench: Bench) -> None:
    bench.login.token(session())
    login = left_by_aws_cli(bench, "theirs")
    assert login.token(session()).access_token == Secret("access3")
    bench.clock.sleep(3600)
    assert left_by_aws_cli(bench, "theirs").token(session()).access_token == Secret("access4")
    bench.clock.sleep(3600)
    bench.oidc.refreshes = [AwsError("refused", code=Code.BAD_GRANT)]
    assert left_by_aws_cli(bench, "theirs").token(session()).access_token == Secret("theirs")


@pytest.mark.parametrize("life", [timedelta(0), timedelta(minutes=-5)])
def test_a_token_of_the_aws_cli_that_has_ended_is_not_used(bench: Bench, life: timedelta) -> None:
    with pytest.raises(InputRequiredError):
        left_by_aws_cli(bench, "theirs", life=life).token(session())


def test_a_token_of_the_aws_cli_that_aws_rejects_is_not_used_again(bench: Bench) -> None:
    with pytest.raises(InputRequiredError):
        left_by_aws_cli(bench, "theirs").token(session(), rejected=Secret("theirs"))


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, "pyvault sso login corp"),
        ({"profile": "dev"}, "pyvault sso login corp"),
        ({"profile": "dev", "client": ClientSettings(region="eu-west-1", ca_bundle="/ca")}, "pyvault sso login dev"),
        ({"profile": "dev", "client": ClientSettings(region="eu-west-1", use_fips=True)}, "pyvault sso login dev"),
        ({"client": ClientSettings(region="eu-west-1", ca_bundle="/ca")}, "pyvault sso login corp"),
        ({"name": None, "profile": "old one"}, "pyvault sso login 'old one'"),
        ({"name": None}, "pyvault sso login https://corp.awsapps.com/start"),
    ],
)
def test_the_hint_is_a_command_that_signs_in(bench: Bench, changes: dict[str, object], command: str) -> None:
    with pytest.raises(InputRequiredError) as caught:
        bench.another(with_person=False).token(session(**changes))
    assert caught.value.hint == f"run: {command}"
