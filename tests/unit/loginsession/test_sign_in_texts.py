"""What comes from the browser, the ID token, and AWS's words; the addresses of every partition."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from pyvault.config.clients import ClientSettings, Endpoints
from pyvault.errors import CredentialsError, ItemCorruptError
from pyvault.json_reader import UnreadableError
from pyvault.loginsession.console_sign_in import code_in
from pyvault.loginsession.id_token import person_of
from pyvault.loginsession.login_session import LoginSession, browser_address
from pyvault.loginsession.login_tokens import Grant, LoginToken, credentials_of, decode, encode
from pyvault.loginsession.refusals import clock_hint
from pyvault.secret import Secret

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
STATE = Secret("a-state")
ME = "arn:aws:iam::123456789012:user/team/me"


def pasted(text: str) -> Secret[str]:
    return Secret(b64encode(text.encode()).decode())


def test_the_code_in_a_pasted_text() -> None:
    text = pasted("state=a-state&code=the%2Fcode")
    assert code_in(text, state=STATE).reveal() == "the/code"
    wrapped = Secret(f"  {text.reveal()[:10]}\n{text.reveal()[10:]}\n")
    assert code_in(wrapped, state=STATE).reveal() == "the/code"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (Secret(""), "not the text that the page shows"),
        (Secret("the-code"), "not the text that the page shows"),
        (Secret("A" * 5000), "not the text that the page shows"),
        (pasted("state=a-state"), "not the text that the page shows"),
        (pasted("state=a-state&code=1&code=2"), "not the text that the page shows"),
        (pasted(f"state=a-state&code={'c' * 513}"), "not the text that the page shows"),
        (pasted("state=another&code=c"), "is of another sign-in"),
    ],
)
def test_a_pasted_text_that_is_none(text: Secret[str], message: str) -> None:
    with pytest.raises(CredentialsError, match=message) as caught:
        code_in(text, state=STATE)
    assert text.reveal() == "" or text.reveal() not in str(caught.value)


def jwt(claims: object) -> Secret[str]:
    return Secret(f"e30.{urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln")


@pytest.mark.parametrize(
    "arn", [ME, "arn:aws-cn:iam::123456789012:root", "arn:aws:sts::123456789012:assumed-role/Admin/me@example.com"]
)
def test_whose_id_token_it_is(arn: str) -> None:
    assert person_of(jwt({"sub": arn})) == arn


@pytest.mark.parametrize(
    "token",
    [
        Secret(""),
        Secret("a.b"),
        Secret("a.!.c"),
        jwt([]),
        jwt({}),
        jwt({"sub": "me"}),
        jwt({"sub": f"{ME}\nregion = x"}),
        jwt({"sub": "arn:aws:iam::123456789012:user/me and more"}),
        jwt({"sub": ME, "more": "x" * 4096}),
    ],
)
def test_an_id_token_that_is_none(token: Secret[str]) -> None:
    with pytest.raises(UnreadableError):
        person_of(token)


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("Sat, 28 Nov 2026 12:00:30 GMT", None),
        ("Sat, 28 Nov 2026 12:10:00 GMT", "600 s behind"),
        ("Sat, 28 Nov 2026 11:50:00 GMT", "600 s ahead of"),
        ("yesterday", None),
        (f"Sat, {'9' * 20} Nov 2026 12:10:00 GMT", None),
        (f"Sat, 28 Nov 2026 12:10:00 +{'9' * 20}", None),
        ("", None),
        (None, None),
    ],
)
def test_a_wrong_clock_is_told(date: str | None, said: str | None) -> None:
    hint = clock_hint(date, now=NOW)
    assert (hint is None) if said is None else (hint is not None and said in hint)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"])
def test_the_browser_goes_where_botocore_sends_the_token_request(region: str) -> None:
    session = botocore.session.Session()
    client = session.create_client("signin", region_name=region, config=Config(signature_version=UNSIGNED))
    asked: list[str] = []

    class AskedError(Exception):
        pass

    def note(request: object, **_: object) -> None:
        asked.append(getattr(request, "url", ""))
        raise AskedError

    client.meta.events.register("before-send.signin.CreateOAuth2Token", note)
    with pytest.raises(AskedError):
        client.create_o_auth2_token(tokenInput={"clientId": "c", "grantType": "refresh_token", "refreshToken": "r"})
    assert asked == [f"{browser_address(ClientSettings(region=region))}/v1/token"]


def test_profiles_of_one_person_share_a_sign_in_and_no_others_do() -> None:
    client = ClientSettings(region="eu-west-1")
    mine = LoginSession(arn=ME, client=client, profile="a").key()
    assert LoginSession(arn=ME, client=ClientSettings(region="us-east-1"), profile="b c").key() == mine
    assert LoginSession(arn=f"{ME}2", client=client, profile="a").key() != mine
    elsewhere = ClientSettings(region="eu-west-1", endpoints=Endpoints(signin="https://signin.example"))
    assert LoginSession(arn=ME, client=elsewhere, profile="a").key() != mine
    assert LoginSession(arn=ME, client=client, profile="b c").how_to_sign_in == "pyvault login-session 'b c'"


def token() -> LoginToken:
    return LoginToken(
        arn=ME,
        credentials=credentials_of(
            ME, key_id="ASIAEXAMPLE000000000", secret=Secret("s"), session_token=Secret("t"), expires=NOW
        ),
        grant=Grant(refresh_token=Secret("r"), dpop_key=Secret("k"), client_id="c", region="eu-west-1"),
        sign_in="0" * 32,
        ends=NOW + timedelta(hours=12),
    )


def test_a_sign_in_is_read_back_as_it_was_and_damage_is_told() -> None:
    assert decode(encode(token())) == token()
    assert token().credentials.account_id == "123456789012"
    assert "Secret(***)" in repr(token())
    for data in (b"", b"{}", encode(token()).reveal().replace(b'"v":1', b'"v":2')):
        with pytest.raises(ItemCorruptError):
            decode(Secret(data))
