"""The console's sign-in endpoint."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from fake_aws.client import FakeAws

DESTINATION = "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"


def fetch(fake: FakeAws, path: str, cookie: str = "", **fields: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=10)
    target = f"{path}?{urlencode(fields)}" if fields else path
    connection.request("GET", target, headers={"Cookie": cookie} if cookie else {})
    response = connection.getresponse()
    result = response.status, dict(response.getheaders()), response.read().decode()
    connection.close()
    return result


def signin_token(fake: FakeAws, credentials: dict[str, Any], **more: str) -> tuple[int, str]:
    session = {
        "sessionId": credentials["AccessKeyId"],
        "sessionKey": credentials["SecretAccessKey"],
        "sessionToken": credentials["SessionToken"],
    }
    status, _, text = fetch(fake, "/federation", Action="getSigninToken", Session=json.dumps(session), **more)
    return status, json.loads(text)["SigninToken"] if status == 200 else text


@pytest.fixture
def role(fake_aws: FakeAws, boto: Any) -> dict[str, Any]:
    answer = boto("sts", "demo").assume_role(RoleArn=fake_aws.role_arn("reader"), RoleSessionName="test")
    return dict(answer["Credentials"])


def test_a_login_ends_at_a_console_that_knows_who_one_is(fake_aws: FakeAws, role: dict[str, Any]) -> None:
    status, token = signin_token(fake_aws, role, SessionDuration="43200")
    assert status == 200
    status, headers, _ = fetch(
        fake_aws, "/federation", Action="login", Issuer="pyvault", Destination=DESTINATION, SigninToken=token
    )
    assert status == 302
    status, _, page = fetch(fake_aws, headers["Location"], headers["Set-Cookie"].split(";")[0])
    assert status == 200
    assert "<p id=arn>arn:aws:sts::123456789012:assumed-role/reader/test</p>" in page
    assert "<p id=region>eu-west-1</p>" in page
    assert "<p id=issuer>pyvault</p>" in page


def test_the_console_session_ends(fake_aws: FakeAws, role: dict[str, Any]) -> None:
    _, token = signin_token(fake_aws, role)
    _, headers, _ = fetch(fake_aws, "/federation", Action="login", Destination=DESTINATION, SigninToken=token)
    cookie = headers["Set-Cookie"].split(";")[0]
    fake_aws.advance(3601)
    assert fetch(fake_aws, "/console/home", cookie)[0] == 401


def test_a_logout_ends_it_too(fake_aws: FakeAws, role: dict[str, Any]) -> None:
    _, token = signin_token(fake_aws, role)
    _, headers, _ = fetch(fake_aws, "/federation", Action="login", Destination=DESTINATION, SigninToken=token)
    cookie = headers["Set-Cookie"].split(";")[0]
    status, headers, _ = fetch(fake_aws, "/oauth", cookie, Action="logout", redirect_uri=f"{fake_aws.url}/console/home")
    assert (status, headers["Location"]) == (302, f"{fake_aws.url}/console/home")
    assert fetch(fake_aws, "/console/home", cookie)[0] == 401


@pytest.mark.parametrize("seconds", ["899", "43201", "1h"])
def test_the_duration_has_bounds(fake_aws: FakeAws, role: dict[str, Any], seconds: str) -> None:
    assert signin_token(fake_aws, role, SessionDuration=seconds)[0] == 400


def test_only_an_unchained_role_may_choose_the_duration(fake_aws: FakeAws, boto: Any) -> None:
    first = boto("sts", "demo").assume_role(RoleArn=fake_aws.role_arn("r1"), RoleSessionName="test")["Credentials"]
    chained = boto("sts", first).assume_role(RoleArn=fake_aws.role_arn("r2"), RoleSessionName="test")["Credentials"]
    federated = boto("sts", "demo").get_federation_token(Name="bob")["Credentials"]
    for credentials in (chained, federated):
        assert signin_token(fake_aws, credentials, SessionDuration="3600")[0] == 400
        assert signin_token(fake_aws, credentials)[0] == 200


def test_other_credentials_are_refused(fake_aws: FakeAws, boto: Any, role: dict[str, Any]) -> None:
    session = boto("sts", "demo").get_session_token()["Credentials"]
    assert signin_token(fake_aws, session)[0] == 400
    assert signin_token(fake_aws, {**role, "SecretAccessKey": "x"})[0] == 400
    assert signin_token(fake_aws, {**role, "SessionToken": "x"})[0] == 400
    key = fake_aws.key("demo")
    long_term = {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key, "SessionToken": ""}
    assert signin_token(fake_aws, long_term)[0] == 400
    assert fetch(fake_aws, "/federation", Action="getSigninToken", Session="{")[0] == 400
    fake_aws.advance(3601)
    assert signin_token(fake_aws, role)[0] == 400


def test_a_signin_token_is_good_for_a_quarter_of_an_hour(fake_aws: FakeAws, role: dict[str, Any]) -> None:
    _, token = signin_token(fake_aws, role)
    fake_aws.advance(900)
    answer = fetch(fake_aws, "/federation", Action="login", Destination=DESTINATION, SigninToken=token)
    assert answer[0] == 400


@pytest.mark.parametrize(
    "destination",
    [
        "https://evil.test/",
        "http://console.aws.amazon.com/",
        "https://console.aws.amazon.com.evil.test/",
        "javascript:1",
        "",
    ],
)
def test_a_login_leads_nowhere_foreign(fake_aws: FakeAws, role: dict[str, Any], destination: str) -> None:
    _, token = signin_token(fake_aws, role)
    answer = fetch(fake_aws, "/federation", Action="login", Destination=destination, SigninToken=token)
    assert answer[0] == 400
