"""What comes back over the wire when it is not AWS, or AWS says no: our errors, and nothing in the logs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from local_server import serving
from pyvault import clock
from pyvault.aws.calls import MfaProof
from pyvault.aws.client import BotoCalls, make_client
from pyvault.config.clients import ClientSettings, Endpoints
from pyvault.errors import AwsError, AwsUnreachableError, ConfigError, UnusableAnswerError
from pyvault.mfa.codes import MfaCodes
from pyvault.mfa.used_codes import UsedCodes
from pyvault.model import Credentials
from pyvault.planning.steps import SessionTokenStep, SsoStep, WebIdentityStep
from pyvault.record import replace
from pyvault.retrieval.from_sts import get_session_token
from pyvault.secret import Secret

KEYS = Credentials(access_key_id="AKIAEXAMPLEEXAMPLE00", secret_access_key=Secret("planted-secret-key"))
PROOF = MfaProof(serial="arn:aws:iam::123456789012:mfa/me", code=Secret("918273"))

GOOD = """<GetSessionTokenResponse><GetSessionTokenResult><Credentials>
<AccessKeyId>ASIAEXAMPLEEXAMPLE00</AccessKeyId><SecretAccessKey>planted-answer</SecretAccessKey>
<SessionToken>planted-session</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration>
</Credentials></GetSessionTokenResult></GetSessionTokenResponse>"""


@dataclass
class Answer:
    """What the server says to everything."""

    url: str = ""
    status: int = 200
    body: str = GOOD


@pytest.fixture
def answer() -> Iterator[Answer]:
    state = Answer()

    class Handler(BaseHTTPRequestHandler):
        def say(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(state.body.encode())))
            self.end_headers()
            self.wfile.write(state.body.encode())

        do_POST = say  # noqa: N815 - the server's name for it
        do_GET = say  # noqa: N815 - the server's name for it

    with serving(Handler) as state.url:
        yield state


def settings(url: str, region: str = "eu-west-1", sts_region: str | None = None) -> ClientSettings:
    return ClientSettings(region=region, sts_region=sts_region, endpoints=Endpoints(sts=url, sso=url), max_attempts=1)


def session(url: str, region: str = "eu-west-1", sts_region: str | None = None) -> Credentials:
    client = settings(url, region, sts_region)
    step = SessionTokenStep(profile="p", mfa_serial=PROOF.serial, duration=timedelta(hours=1), client=client, why="")
    return BotoCalls().sts(client, KEYS).get_session_token(step, PROOF)


def test_a_good_answer(answer: Answer) -> None:
    got = session(answer.url)
    assert (got.secret_access_key, got.session_token) == (Secret("planted-answer"), Secret("planted-session"))


def test_nothing_of_request_and_answer_is_logged(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    session(answer.url)
    logged = "\n".join(record.getMessage() for record in caplog.records)
    for planted in ("planted", "918273", "AKIAEXAMPLE", "ASIAEXAMPLE", "Signature"):
        assert planted not in logged


def test_the_program_s_own_use_of_botocore_still_logs(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    session(answer.url)
    caplog.set_level(logging.DEBUG)
    import botocore.session

    client = botocore.session.Session().create_client(
        "sts", region_name="eu-west-1", endpoint_url=answer.url, aws_access_key_id="a", aws_secret_access_key="b"
    )
    client._make_api_call("GetSessionToken", {})
    assert [record for record in caplog.records if record.name == "botocore.parsers"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, ""),
        (200, "<html>planted</html>"),
        (200, "{}"),
        (200, GOOD.replace("<SessionToken>planted-session</SessionToken>", "")),
        (200, GOOD.replace("2030-01-01T00:00:00Z", "soon")),
        (302, "planted"),
        (403, "planted"),
        (403, "<ErrorResponse><Error/></ErrorResponse>"),
        (500, ""),
        (500, '{"__type": "planted"'),
    ],
)
def test_an_answer_that_is_none_is_an_error_of_ours(answer: Answer, status: int, body: str) -> None:
    answer.status, answer.body = status, body
    with pytest.raises((AwsError, UnusableAnswerError)) as caught:
        session(answer.url)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "planted" not in str(caught.value)


def refusal(code: str, message: str) -> str:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"


def test_aws_s_words_lose_their_power_over_a_terminal(answer: Answer) -> None:
    answer.status, answer.body = 403, refusal("AccessDenied", "no&#10;way &#27;[31m" + "x" * 5000)
    if "&#27;" in answer.body:  # XML 1.0 has no escape character at all; a JSON answer could
        answer.body = answer.body.replace("&#27;", "")
    with pytest.raises(AwsError) as caught:
        session(answer.url)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


ECHOED = Credentials(
    access_key_id="ASIAEXAMPLEEXAMPLE00",
    secret_access_key=Secret("planted/secret+key"),
    session_token=Secret("planted/session+token=="),
)
#: A signature that doesn't fit is explained by what was signed; a strange endpoint may say anything anywhere.
WAYS = {
    "signed headers": ("SignatureDoesNotMatch", "should have been 'POST x-amz-security-token:planted/session+token=='"),
    "form": ("ValidationError", "TokenCode=918273&amp;Token=planted%2Fsession%2Btoken%3D%3D"),
    "keys": ("Denied", "planted/secret+key"),
    "code": ("planted/session+token==", "no"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_of_the_request_is_not_shown_when_the_answer_repeats_it(answer: Answer, way: str) -> None:
    answer.status, answer.body = 403, refusal(*WAYS[way])
    client = settings(answer.url)
    step = SessionTokenStep(profile="p", mfa_serial=PROOF.serial, duration=timedelta(hours=1), client=client, why="")
    with pytest.raises(AwsError, match="AWS refused sts:GetSessionToken") as caught:
        BotoCalls().sts(client, ECHOED).get_session_token(step, PROOF)
    assert "planted" not in str(caught.value) + caught.value.code
    assert "918273" not in str(caught.value)


def test_a_bearer_token_in_the_place_of_a_code_is_not_shown(answer: Answer) -> None:
    answer.status, answer.body = 403, '{"__type": "planted-bearer", "message": "planted-bearer"}'
    step = SsoStep(
        profile="p", session=None, start_url="https://x.awsapps.com/start", sso_region="eu-west-1",
        account_id="123456789012", role_name="Admin", registration_scopes=(), client=settings(answer.url), why="",
    )  # fmt: skip
    with pytest.raises(AwsError) as caught:
        BotoCalls().sso_portal(settings(answer.url)).get_role_credentials(step, Secret("planted-bearer"))
    assert "planted" not in str(caught.value) + caught.value.code


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code.",
            "MFA code was refused",
        ),
        ("AccessDenied", "User is not authorized to perform: sts:GetSessionToken", "may want MFA for it (mfa_serial)"),
        ("ExpiredToken", "The security token included in the request is expired", "have expired"),
        ("InvalidClientTokenId", "The security token included in the request is invalid.", "deleted, deactivated"),
        ("SignatureDoesNotMatch", "The request signature we calculated does not match", "clock is wrong"),
    ],
)
def test_refusals_come_with_advice(answer: Answer, code: str, message: str, hint: str) -> None:
    answer.status, answer.body = 403, refusal(code, message)
    with pytest.raises(AwsError) as caught:
        session(answer.url)
    assert caught.value.code == code
    assert hint in (caught.value.hint or "")


def test_a_bearer_token_that_comes_back_is_not_shown(answer: Answer) -> None:
    client = settings(answer.url)
    answer.status, answer.body = 400, refusal("InvalidIdentityToken", "bad token planted-token")
    step = WebIdentityStep(
        profile="p",
        role_arn="arn:aws:iam::123456789012:role/x",
        role_session_name=None,
        token_file=None,
        token_process="x",
        duration=timedelta(hours=1),
        client=client,
        why="",
    )
    with pytest.raises(AwsError) as caught:
        BotoCalls().sts(client, None).assume_role_with_web_identity(step, "name", Secret("planted-token"))
    assert "planted" not in str(caught.value)
    assert caught.value.code == "InvalidIdentityToken"


def test_the_portal_counts_milliseconds_and_its_address_is_not_shown(answer: Answer) -> None:
    client = settings(answer.url)
    step = SsoStep(
        profile="p",
        session=None,
        start_url="https://x.awsapps.com/start",
        sso_region="eu-west-1",
        account_id="123456789012",
        role_name="Admin",
        registration_scopes=(),
        client=client,
        why="",
    )
    portal = BotoCalls().sso_portal(client)
    answer.body = '{"roleCredentials": {"accessKeyId": "ASIA", "secretAccessKey": "s", "sessionToken": "t", "expiration": 1893456000000}}'
    expires = portal.get_role_credentials(step, Secret("planted-token")).expires
    assert expires is not None
    assert expires.isoformat() == "2030-01-01T00:00:00+00:00"
    answer.body = '{"roleCredentials": {"accessKeyId": "ASIA"}}'
    with pytest.raises(UnusableAnswerError, match=r"roleCredentials\.secretAccessKey is missing"):
        portal.get_role_credentials(step, Secret("planted-token"))
    answer.status, answer.body = 401, '{"message": "planted-token is not valid"}'
    with pytest.raises(AwsError) as caught:
        portal.get_role_credentials(step, Secret("planted-token"))
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://", "not a url", "http://127.0.0.1:99999"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(AwsUnreachableError):
        session(url)


def test_a_bundle_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ca_bundle"):
        make_client("sts", ClientSettings(region="eu-west-1", ca_bundle=str(tmp_path / "no")), KEYS)


def test_attempts_are_counted(answer: Answer) -> None:
    answer.status = 500
    with pytest.raises(AwsError) as caught:
        session(answer.url)
    assert caught.value.code


@pytest.mark.parametrize(
    ("region", "code", "told"),
    [
        (
            "ap-east-1",
            "InvalidClientTokenId",
            "its account has not enabled 'ap-east-1'; set another region for STS with sts_region",
        ),
        (
            "ap-east-1",
            "RegionDisabledException",
            "has not enabled the region 'ap-east-1'; set another region for STS with sts_region",
        ),
        ("eu-west-1", "InvalidClientTokenId", "belongs to another partition"),
        ("ap-east-1", "SignatureDoesNotMatch", "clock"),
    ],
)
def test_a_region_that_the_account_has_not_enabled_is_hinted_at(
    answer: Answer, region: str, code: str, told: str
) -> None:
    answer.status, answer.body = 403, refusal(code, "no")
    with pytest.raises(AwsError) as caught:
        session(answer.url, region)
    assert told in str(caught.value.hint)
    with pytest.raises(AwsError) as caught:
        session(answer.url, region, sts_region="us-east-1")
    assert "ap-east-1" not in str(caught.value.hint)


def test_a_session_is_of_the_account_of_its_keys(answer: Answer, tmp_path: Path) -> None:
    client = settings(answer.url)
    step = SessionTokenStep(profile="p", mfa_serial=None, duration=timedelta(hours=1), client=client, why="")
    desk = MfaCodes(used_codes=UsedCodes(tmp_path, clock.now), wait=lambda _: None, environ={}, given=None, prompt=None)
    for account_id in ("111111111111", None):
        source = replace(KEYS, account_id=account_id)
        got = get_session_token(step, source, BotoCalls(), desk)
        assert got.account_id == account_id
