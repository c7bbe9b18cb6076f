"""Signing in, end to end: botocore against the strict local AWS, a real browser, the real session vault."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fake_aws.client import FakeAws
from fakes.browsers import chromium, follow
from fakes.sso_bench import Person, SsoBench
from pyvault.aws.client import BotoCalls
from pyvault.errors import AwsError, AwsUnreachableError, InputRequiredError, ItemNotFoundError
from pyvault.names import Kind
from pyvault.planning.steps import SsoStep
from pyvault.record import replace
from pyvault.retrieval.from_sso import get_role_credentials
from pyvault.secret import Secret
from pyvault.sessions.single_flight import SingleFlight
from pyvault.sso.accounts import list_roles
from pyvault.sso.cli_cache import write_aws_cache
from pyvault.sso.logout import Logout, logout
from pyvault.sso.oidc import Code, Flow
from pyvault.sso.rate import Pace


@pytest.fixture
def bench(fake_aws: FakeAws, tmp_path: Path) -> Generator[SsoBench]:
    fake_aws.change_sso(interval_s=0)
    bench = SsoBench(fake_aws, tmp_path)
    yield bench
    bench.settle()


def signed_in(bench: SsoBench, flow: Flow = Flow.DEVICE) -> Secret[str]:
    person = Person(flow)
    token = bench.login(person).token(bench.session).access_token
    person.settle()
    return token


def works(bench: SsoBench, token: Secret[str]) -> bool:
    return len(bench.portal.list_accounts(token)) == 2


def calls(bench: SsoBench, service: str = "sso-oidc") -> list[str]:
    return [op.partition(".")[2] for op in bench.aws.ops() if op.startswith(f"{service}.")]


# ---- PKCE


@pytest.mark.peer("chromium")
def test_deviation_13_a_real_browser_follows_the_link_and_pkce_signs_in(bench: SsoBench) -> None:
    pages: list[str] = []
    person = Person(Flow.BROWSER, lambda url: pages.append(chromium(url, bench.directory / "chromium")))
    token = bench.login(person).token(bench.session)
    person.settle()
    assert works(bench, token.access_token)
    assert token.refresh_token is not None
    assert "You can close this window" in pages[0]
    assert calls(bench) == ["RegisterClient", "CreateToken"]
    registered = bench.aws.calls("RegisterClient")[0]["params"]
    assert "sso:account:access" in str(registered)
    assert "authorization_code" in str(registered)
    assert "http://127.0.0.1/oauth/callback" in str(registered)


@pytest.mark.peer("chromium")
def test_a_hostile_page_in_the_same_browser_can_neither_inject_a_code_nor_end_the_sign_in(bench: SsoBench) -> None:
    def browse(url: str) -> None:
        redirect = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        query = urlencode({"code": "evil", "state": "guess"})
        page = bench.directory / "hostile.html"
        page.write_text(
            f"<img src='{redirect}?{query}'><iframe src='{redirect}?{query}'></iframe>"
            f"<script>fetch('{redirect}?{query}',{{mode:'no-cors'}}).catch(()=>0)</script>"
            f"<script>fetch('{redirect}?error=access_denied&state=',{{mode:'no-cors'}}).catch(()=>0)</script>"
        )
        chromium(page.as_uri(), bench.directory / "chromium")
        follow(url)

    person = Person(Flow.BROWSER, browse)
    token = bench.login(person).token(bench.session)
    person.settle()
    assert works(bench, token.access_token)
    assert calls(bench) == ["RegisterClient", "CreateToken"]  # the injected code was never shown to AWS


def test_pkce_without_the_verifier_is_worth_nothing(bench: SsoBench) -> None:
    """A local program that snatches the redirect has the code, and nothing that redeems it."""
    stolen: dict[str, str] = {}
    earlier = Person(Flow.BROWSER)
    bench.login(earlier).token(bench.session)
    earlier.settle()
    client = bench.tokens.registration(bench.session, Flow.BROWSER)  # the thief has that as well

    def snatch(url: str) -> None:
        query = parse_qs(urlsplit(url).query)
        page = http.client.HTTPConnection(bench.aws.host, bench.aws.port, timeout=20)
        page.request("GET", f"/authorize?{urlsplit(url).query}")
        location = page.getresponse().headers["Location"]
        page.close()
        stolen.update(code=parse_qs(urlsplit(location).query)["code"][0], redirect=query["redirect_uri"][0])
        with pytest.raises(AwsError) as caught:
            bench.oidc.redeem_code(
                client, Secret(stolen["code"]), verifier=Secret("x" * 64), redirect_uri=stolen["redirect"]
            )
        stolen["thief"] = caught.value.code
        follow(location)

    person = Person(Flow.BROWSER, snatch)
    # The code is good for one try: the theft fails, and so does the sign-in, which says so.
    with pytest.raises(AwsError) as caught:
        bench.login(person).sign_in_again(bench.session)
    person.settle()
    assert stolen["thief"] == Code.BAD_GRANT
    assert caught.value.code == Code.BAD_GRANT
    assert stolen["code"] not in str(caught.value)


def test_a_code_replayed_after_the_sign_in_is_refused(bench: SsoBench) -> None:
    seen: list[str] = []

    def browse(url: str) -> None:
        connection = http.client.HTTPConnection(bench.aws.host, bench.aws.port, timeout=20)
        connection.request("GET", f"/authorize?{urlsplit(url).query}")
        seen.append(connection.getresponse().headers["Location"])
        connection.close()
        follow(seen[0])

    person = Person(Flow.BROWSER, browse)
    bench.login(person).token(bench.session)
    person.settle()
    redirect = urlsplit(seen[0])
    client = bench.tokens.registration(bench.session, Flow.BROWSER)
    with pytest.raises(AwsError) as caught:
        bench.oidc.redeem_code(
            client,
            Secret(parse_qs(redirect.query)["code"][0]),
            verifier=Secret("x" * 64),
            redirect_uri=f"http://{redirect.netloc}{redirect.path}",
        )
    assert caught.value.code == Code.BAD_GRANT


def test_a_denial_in_the_browser(bench: SsoBench) -> None:
    bench.aws.change_sso(consent="deny")
    person = Person(Flow.BROWSER)
    with pytest.raises(AwsError, match="refused in the browser with 'access_denied'"):
        bench.login(person).token(bench.session)
    person.settle()
    with pytest.raises(ItemNotFoundError):
        bench.tokens.token(bench.session)


# ---- device code


def test_deviation_13_the_device_code_signs_in(bench: SsoBench) -> None:
    assert works(bench, signed_in(bench))
    assert calls(bench)[:2] == ["RegisterClient", "StartDeviceAuthorization"]


def test_deviation_13_slow_down_of_aws_adds_5_s_and_goes_on(bench: SsoBench) -> None:
    bench.aws.change_sso(consent="page", interval_s=7)
    person = Person(Flow.DEVICE, lambda _: None)
    polls = 0

    def impatient(seconds: float) -> None:
        nonlocal polls
        polls += 1
        bench.slept.append(seconds)
        if polls <= 2:
            bench.advance(1)  # less than AWS's interval: it will say slow_down
            return
        bench.advance(seconds)
        if polls == 3:
            code = parse_qs(urlsplit(person.opened[0]).query)["user_code"][0]
            follow(f"{bench.aws.url}/device/allow?user_code={code}")

    bench.sleep = impatient  # type: ignore[method-assign]  # a person's clock that runs too fast
    assert works(bench, bench.login(person).token(bench.session).access_token)
    errors = [call["error"] for call in bench.aws.calls("CreateToken")]
    assert "slow_down" in errors
    assert errors[-1] is None
    first = bench.slept[0]
    assert bench.slept[-1] == first + 5 * errors.count("slow_down")


def test_a_device_code_that_nobody_enters_expires(bench: SsoBench) -> None:
    bench.aws.change_sso(consent="page", interval_s=60)
    with pytest.raises(AwsError) as caught:
        bench.login(Person(Flow.DEVICE, lambda _: None)).token(bench.session)
    assert caught.value.code == Code.EXPIRED


def test_a_denied_device_code(bench: SsoBench) -> None:
    bench.aws.change_sso(consent="page")
    person = Person(Flow.DEVICE, lambda url: follow(url.replace("/device?", "/device/deny?")))
    with pytest.raises(AwsError, match="denied in the browser"):
        bench.login(person).token(bench.session)


# ---- what is kept


def test_deviation_13_tokens_are_refreshed_without_a_person(bench: SsoBench) -> None:
    first = signed_in(bench)
    bench.advance(28_800)
    token = bench.login(None).token(bench.session)
    assert token.access_token != first
    assert works(bench, token.access_token)
    assert bench.aws.ops()[-2:] == ["sso-oidc.CreateToken", "sso.ListAccounts"]


def test_the_end_of_the_whole_session_means_signing_in_again(fake_aws: FakeAws, tmp_path: Path) -> None:
    fake_aws.reset(
        {
            "accounts": {"123456789012": {"name": "own"}},
            "sso": {
                "start_url": "https://example.awsapps.com/start",
                "interval_s": 0,
                "session_s": 36_000,
                "accounts": {"123456789012": {"roles": ["Admin"]}},
            },
        }
    )
    bench = SsoBench(fake_aws, tmp_path)
    signed_in(bench)
    bench.advance(30_000)
    bench.login(None).token(bench.session)
    bench.advance(7_000)
    with pytest.raises(InputRequiredError, match="nobody is signed in to 'corp'"):
        bench.login(None).token(bench.session)
    with pytest.raises(ItemNotFoundError):
        bench.tokens.token(bench.session)


def test_deviation_13_the_registration_is_kept_in_the_session_vault(bench: SsoBench) -> None:
    signed_in(bench)
    bench.cache.close()
    again = bench.new_cache()
    person = Person(Flow.DEVICE)
    bench.login(person, again).sign_in_again(bench.session)
    person.settle()
    assert calls(bench).count("RegisterClient") == 1
    assert again.blobs(Kind.SSO_TOKEN) == [bench.session.key()]


def test_a_registration_that_aws_forgot_is_made_anew(bench: SsoBench) -> None:
    signed_in(bench)
    bench.aws.change_sso(forget_clients=True)
    person = Person(Flow.DEVICE)
    assert works(bench, bench.login(person).sign_in_again(bench.session).access_token)
    assert calls(bench).count("RegisterClient") == 2


def test_nothing_secret_lies_on_the_disk(bench: SsoBench) -> None:
    token = bench.login(Person(Flow.DEVICE)).token(bench.session)
    files = [path for path in bench.directory.rglob("*") if path.is_file()]
    assert any(path.suffix == ".pyv" for path in files)
    assert token.refresh_token is not None
    secrets = [token.access_token.reveal(), token.refresh_token.reveal(), token.client.client_secret.reveal()]
    for path in files:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], path.name


# ---- the role's credentials


def step(bench: SsoBench, role: str = "Admin") -> SsoStep:
    return SsoStep(
        profile="dev",
        session="corp",
        start_url=bench.session.start_url,
        sso_region="eu-west-1",
        account_id="123456789012",
        role_name=role,
        registration_scopes=bench.session.scopes,
        client=bench.client,
        why="test",
    )


def test_deviation_13_a_401_drops_the_token_and_signs_in_once(bench: SsoBench) -> None:
    first = signed_in(bench)
    bench.aws.change_sso(sign_out=True)
    person = Person(Flow.DEVICE)
    credentials = get_role_credentials(step(bench), BotoCalls(), bench.login(person))
    person.settle()
    identity = BotoCalls().sts(bench.client, credentials).get_caller_identity()
    assert "AWSReservedSSO_Admin_" in identity.arn
    assert calls(bench, "sso") == ["GetRoleCredentials", "GetRoleCredentials"]
    assert bench.tokens.token(bench.session).access_token != first


def test_a_role_that_is_not_the_persons_is_refused_and_asks_nobody(bench: SsoBench) -> None:
    signed_in(bench)
    with pytest.raises(AwsError, match="ForbiddenException"):
        get_role_credentials(step(bench, "Nothing"), BotoCalls(), bench.login(None))


# ---- many at once


def test_deviation_11_many_processes_open_one_browser(bench: SsoBench) -> None:
    person = Person(Flow.BROWSER)
    caches = [bench.new_cache() for _ in range(8)]
    tokens: list[Secret[str]] = []

    def run(number: int) -> None:
        tokens.append(bench.login(person, caches[number]).token(bench.session).access_token)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(caches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    person.settle()
    assert len(tokens) == len(caches)
    assert all(token == tokens[0] for token in tokens)
    assert len(person.opened) == 1
    assert calls(bench) == ["RegisterClient", "CreateToken"]


# ---- signing out, listing


def sign_out(bench: SsoBench) -> Logout:
    return logout(
        bench.session,
        tokens=bench.tokens,
        flights=SingleFlight(bench.paths.locks),
        portal=bench.portal,
        oidc=bench.oidc,
        clock=bench.now,
    )


def test_signing_out_revokes_and_forgets(bench: SsoBench) -> None:
    token = signed_in(bench)
    kept = bench.tokens.token(bench.session)
    outcome = sign_out(bench)
    assert outcome is Logout.REVOKED
    with pytest.raises(AwsError) as caught:
        bench.portal.list_accounts(token)
    assert caught.value.code == Code.UNAUTHORIZED
    assert kept.refresh_token is not None
    with pytest.raises(AwsError):
        bench.oidc.refresh(kept.client, kept.refresh_token)
    assert bench.cache.blobs(Kind.SSO_TOKEN) == bench.cache.blobs(Kind.SSO_CLIENT) == []


def test_signing_out_after_the_access_token_ended_revokes_the_refresh_token_too(bench: SsoBench) -> None:
    signed_in(bench)
    kept = bench.tokens.token(bench.session)
    bench.advance(28_801)
    outcome = sign_out(bench)
    assert outcome is Logout.REVOKED
    assert kept.refresh_token is not None
    with pytest.raises(AwsError):
        bench.oidc.refresh(kept.client, kept.refresh_token)


def test_accounts_and_roles_come_in_pages(fake_aws: FakeAws, tmp_path: Path) -> None:
    numbers = [f"{number:012d}" for number in range(1, 8)]
    accounts = {
        number: {"name": f"account-{number[-1]}", "roles": ["Admin", "Billing", "ReadOnly"]} for number in numbers
    }
    fake_aws.reset(
        {
            "accounts": {"123456789012": {"name": "own"}},
            "sso": {
                "start_url": "https://example.awsapps.com/start",
                "page_size": 2,
                "interval_s": 0,
                "accounts": accounts,
            },
        }
    )
    bench = SsoBench(fake_aws, tmp_path)
    token = signed_in(bench)
    found = bench.portal.list_accounts(token)
    assert [account.account_id for account in found] == numbers
    roles = list_roles(bench.portal, token, found).roles
    assert [(entry.account.account_id, entry.role) for entry in roles] == [
        (number, role) for number in numbers for role in ("Admin", "Billing", "ReadOnly")
    ]


def test_the_portal_s_slow_down_is_waited_for(bench: SsoBench) -> None:
    token = signed_in(bench)
    slept: list[float] = []
    bench.aws.fault("sso.ListAccountRoles", "throttle", times=3)
    found = bench.portal.list_accounts(token)
    listing = list_roles(bench.portal, token, found, pace=Pace(sleep=slept.append))
    assert len(listing.roles) == 4
    assert len(bench.aws.calls("ListAccountRoles")) == 5
    assert max(slept) >= 1


@pytest.mark.parametrize("kind", ["error", "error-after", "throttle", "drop-before", "drop-after"])
def test_refresh_trouble_ends_no_good_token(bench: SsoBench, kind: str) -> None:
    token = signed_in(bench)
    bench.advance(8 * 3600 - 240)
    bench.aws.fault("sso-oidc.CreateToken", kind)
    assert bench.login(None).token(bench.session).access_token == token
    bench.aws.clear_faults()
    again = bench.login(None).token(bench.session).access_token
    carried_out = kind in {"error-after", "drop-after"}  # its answer is lost, and the refresh token is spent
    assert (again == token) is carried_out


# ---- without a network


def test_an_unreachable_aws_is_said_so(bench: SsoBench) -> None:
    bench.aws.fault("sso-oidc.*", "drop-before")
    with pytest.raises(AwsUnreachableError, match="sso-oidc:RegisterClient") as caught:
        bench.login(Person(Flow.DEVICE)).token(bench.session)
    assert "sso_region (eu-west-1) of sso-session 'corp'" in str(caught.value.hint)


def test_a_start_url_that_aws_does_not_know_there_says_where_to_look(bench: SsoBench) -> None:
    wrong = replace(bench.session, start_url="https://exmaple.awsapps.com/start")
    with pytest.raises(AwsError, match="StartDeviceAuthorization") as caught:
        bench.login(Person(Flow.DEVICE)).token(wrong)
    assert "sso_start_url (https://exmaple.awsapps.com/start)" in str(caught.value.hint)


# ---- the file of the SDKs


def test_the_sdks_read_the_token_that_profile_env_leaves(bench: SsoBench, private_home: Path) -> None:
    token = bench.login(Person(Flow.DEVICE)).token(bench.session)
    path = write_aws_cache(private_home / ".aws" / "sso" / "cache", bench.session, token)
    assert path.stat().st_mode & 0o777 == 0o600
    content = json.loads(path.read_text())
    assert set(content) == {"startUrl", "region", "expiresAt", "accessToken"}
    (private_home / ".aws" / "config").write_text(
        f"[sso-session corp]\nsso_start_url = {bench.session.start_url}\nsso_region = eu-west-1\n"
        "[profile dev]\nregion = eu-west-1\nsso_session = corp\n"
        f"sso_account_id = 123456789012\nsso_role_name = Admin\nendpoint_url = {bench.aws.url}\n"
    )
    script = "import boto3; print(boto3.Session(profile_name='dev').client('sts').get_caller_identity()['Arn'])"
    # A process of its own: botocore looks for the home directory when it is imported.
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "AWSReservedSSO_Admin_" in done.stdout
