"""IAM Identity Center: device codes, PKCE, refresh, and the portal, with real boto3 clients."""

from __future__ import annotations

import base64
import hashlib
import http.client
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fake_aws.client import FakeAws
from fake_aws.demo_world import ACCOUNT, OTHER_ACCOUNT, START_URL

SCOPE = "sso:account:access"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CALLBACK = "http://127.0.0.1/oauth/callback"


def get(url: str) -> tuple[int, str, str]:
    """Fetch a page as a browser that does not follow; give status, Location and text."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    response = connection.getresponse()
    result = response.status, response.getheader("Location") or "", response.read().decode()
    connection.close()
    return result


@pytest.fixture
def client(boto: Any) -> dict[str, str]:
    """Register a client with the scope that refresh tokens need."""
    return registered(boto, scopes=[SCOPE])


def registered(boto: Any, **more: Any) -> dict[str, str]:
    answer = boto("sso-oidc").register_client(clientName="test", clientType="public", **more)
    assert answer["clientSecretExpiresAt"] > answer["clientIdIssuedAt"]
    return {"clientId": answer["clientId"], "clientSecret": answer["clientSecret"]}


@pytest.fixture
def access_token(boto: Any, client: dict[str, str]) -> str:
    device = boto("sso-oidc").start_device_authorization(startUrl=START_URL, **client)
    get(device["verificationUriComplete"])
    token = boto("sso-oidc").create_token(grantType=DEVICE, deviceCode=device["deviceCode"], **client)
    return str(token["accessToken"])


# ---------------------------------------------------------------- device code
def test_a_device_code_waits_for_the_person(fake_aws: FakeAws, boto: Any, refusal: Any, client: Any) -> None:
    fake_aws.stop_clock()
    fake_aws.change_sso(consent="page")
    oidc = boto("sso-oidc")
    device = oidc.start_device_authorization(startUrl=START_URL, **client)
    poll = {"grantType": DEVICE, "deviceCode": device["deviceCode"], **client}
    assert refusal(oidc.create_token, **poll).startswith("AuthorizationPendingException")
    assert "/device/allow?user_code=" in get(device["verificationUriComplete"])[2]
    fake_aws.advance(1)
    assert refusal(oidc.create_token, **poll).startswith("AuthorizationPendingException")
    assert "Request approved" in get(f"{fake_aws.url}/device/allow?user_code={device['userCode'].lower()}")[2]
    fake_aws.advance(1)
    token = oidc.create_token(**poll)
    assert (token["tokenType"], token["expiresIn"]) == ("Bearer", 28_800)
    assert refusal(oidc.create_token, **poll).startswith("InvalidGrantException")


def test_polling_too_fast_slows_down_by_five_seconds(fake_aws: FakeAws, boto: Any, refusal: Any, client: Any) -> None:
    fake_aws.stop_clock()
    fake_aws.change_sso(consent="page")
    oidc = boto("sso-oidc")
    device = oidc.start_device_authorization(startUrl=START_URL, **client)
    poll = {"grantType": DEVICE, "deviceCode": device["deviceCode"], **client}
    assert refusal(oidc.create_token, **poll).startswith("AuthorizationPending")
    assert refusal(oidc.create_token, **poll).startswith("SlowDownException")
    fake_aws.advance(5)
    assert refusal(oidc.create_token, **poll).startswith("SlowDownException")
    fake_aws.advance(11)
    assert refusal(oidc.create_token, **poll).startswith("AuthorizationPending")


def test_a_device_code_expires(fake_aws: FakeAws, boto: Any, refusal: Any, client: Any) -> None:
    device = boto("sso-oidc").start_device_authorization(startUrl=START_URL, **client)
    fake_aws.advance(device["expiresIn"])
    poll = {"grantType": DEVICE, "deviceCode": device["deviceCode"], **client}
    assert refusal(boto("sso-oidc").create_token, **poll).startswith("ExpiredTokenException")
    assert get(device["verificationUriComplete"])[0] == 400


def test_the_person_may_say_no(fake_aws: FakeAws, boto: Any, refusal: Any, client: Any) -> None:
    fake_aws.change_sso(consent="deny")
    device = boto("sso-oidc").start_device_authorization(startUrl=START_URL, **client)
    poll = {"grantType": DEVICE, "deviceCode": device["deviceCode"], **client}
    assert refusal(boto("sso-oidc").create_token, **poll).startswith("AccessDeniedException")


def test_a_wrong_start_url_and_a_wrong_secret_are_refused(boto: Any, refusal: Any, client: Any) -> None:
    start = boto("sso-oidc").start_device_authorization
    assert refusal(start, startUrl="https://other.test", **client).startswith("InvalidRequestException")
    forged = {**client, "clientSecret": "x"}
    assert refusal(start, startUrl=START_URL, **forged).startswith("InvalidClientException")


def test_a_registration_expires(fake_aws: FakeAws, boto: Any, refusal: Any, client: Any) -> None:
    fake_aws.advance(90 * 86_400)
    answer = refusal(boto("sso-oidc").start_device_authorization, startUrl=START_URL, **client)
    assert answer.startswith("InvalidClientException")


# ---------------------------------------------------------------- PKCE
class Pkce:
    """One authorization with a verifier of its own."""

    def __init__(self, fake: FakeAws, boto: Any, **registration: Any) -> None:
        defaults = {
            "scopes": [SCOPE],
            "redirectUris": [CALLBACK],
            "grantTypes": ["authorization_code", "refresh_token"],
            "issuerUrl": START_URL,
        }
        self.oidc = boto("sso-oidc")
        self.client = registered(boto, **{**defaults, **registration})
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.redirect = "http://127.0.0.1:45678/oauth/callback"
        self.fields = {
            "response_type": "code",
            "client_id": self.client["clientId"],
            "redirect_uri": self.redirect,
            "state": "st&te",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "scopes": SCOPE,
        }
        self.url = f"{fake.url}/authorize"

    def open_page(self, **changes: str) -> tuple[int, str, str]:
        return get(f"{self.url}?{urlencode({**self.fields, **changes})}")

    def code(self) -> str:
        status, location, _ = self.open_page()
        assert status == 302
        answer = parse_qs(urlsplit(location).query)
        assert location.startswith(self.redirect)
        assert answer["state"] == ["st&te"]
        return answer["code"][0]

    def token(self, code: str, **changes: str) -> Any:
        grant = {"grantType": "authorization_code", "redirectUri": self.redirect, "codeVerifier": self.verifier}
        return self.oidc.create_token(**{**self.client, **grant, "code": code, **changes})


@pytest.fixture
def pkce(fake_aws: FakeAws, boto: Any) -> Pkce:
    return Pkce(fake_aws, boto)


def test_a_code_gives_tokens_once(boto: Any, refusal: Any, pkce: Pkce) -> None:
    code = pkce.code()
    token = pkce.token(code)
    assert boto("sso").list_accounts(accessToken=token["accessToken"])["accountList"]
    assert refusal(pkce.token, code=code).startswith("InvalidGrantException")


@pytest.mark.parametrize(
    "changes",
    [{"codeVerifier": "x" * 43}, {"codeVerifier": "short"}, {"redirectUri": "http://127.0.0.1:1/oauth/callback"}],
)
def test_a_code_dies_with_the_first_wrong_try(refusal: Any, pkce: Pkce, changes: dict[str, str]) -> None:
    code = pkce.code()
    assert refusal(pkce.token, code=code, **changes).startswith("InvalidGrantException")
    assert refusal(pkce.token, code=code).startswith("InvalidGrantException")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://127.0.0.1:45678/other"},
        {"redirect_uri": "http://evil.test/oauth/callback"},
        {"redirect_uri": "https://127.0.0.1:45678/oauth/callback"},
        {"client_id": "unknown"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"response_type": "token"},
        {"scopes": "sso:account:access more"},
    ],
)
def test_a_bad_authorization_request_is_shown_and_not_redirected(pkce: Pkce, changes: dict[str, str]) -> None:
    status, location, _ = pkce.open_page(**changes)
    assert (status in {400, 401}, location) == (True, "")


def test_the_page_waits_for_a_click(fake_aws: FakeAws, pkce: Pkce) -> None:
    fake_aws.change_sso(consent="page")
    status, _, html = pkce.open_page()
    assert status == 200
    allow, deny = (html.split(f'id="{word}" href="')[1].split('"')[0] for word in ("allow", "deny"))
    denied = get(fake_aws.url + deny)[1]
    assert "error=access_denied" in denied
    assert get(fake_aws.url + allow)[0] == 400  # one answer for each page
    allow = pkce.open_page()[2].split('id="allow" href="')[1].split('"')[0]
    assert "code=" in get(fake_aws.url + allow)[1]


def test_a_client_of_another_grant_is_refused(refusal: Any, pkce: Pkce) -> None:
    answer = refusal(pkce.oidc.create_token, grantType=DEVICE, deviceCode="x", **pkce.client)
    assert answer.startswith("UnauthorizedClientException")


def test_a_code_client_needs_a_redirect_address(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    answer = refusal(Pkce, fake=fake_aws, boto=boto, redirectUris=[])
    assert answer.startswith("InvalidRedirectUriException")


# ---------------------------------------------------------------- refresh
def test_refresh_tokens_rotate(boto: Any, refusal: Any, pkce: Pkce) -> None:
    first = pkce.token(pkce.code())
    refresh = {"grantType": "refresh_token", "refreshToken": first["refreshToken"], **pkce.client}
    second = pkce.oidc.create_token(**refresh)
    assert second["refreshToken"] != first["refreshToken"]
    assert refusal(pkce.oidc.create_token, **refresh).startswith("InvalidGrantException")
    assert refusal(boto("sso").list_accounts, accessToken=first["accessToken"]).startswith("UnauthorizedException")
    boto("sso").list_accounts(accessToken=second["accessToken"])


def test_a_refresh_goes_on_after_the_access_token_but_not_after_the_session(
    fake_aws: FakeAws, boto: Any, refusal: Any
) -> None:
    fake_aws.enlarge({"sso": {"start_url": START_URL, "session_s": 86_400}})
    pkce = Pkce(fake_aws, boto)
    first = pkce.token(pkce.code())
    assert "refreshToken" in first
    fake_aws.advance(28_800)
    assert refusal(boto("sso").list_accounts, accessToken=first["accessToken"]).startswith("UnauthorizedException")
    refresh = {"grantType": "refresh_token", **pkce.client}
    second = pkce.oidc.create_token(refreshToken=first["refreshToken"], **refresh)
    fake_aws.advance(86_400 - 28_800)
    answer = refusal(pkce.oidc.create_token, refreshToken=second["refreshToken"], **refresh)
    assert answer.startswith("InvalidGrantException")


def test_without_the_scope_there_is_no_refresh_token(boto: Any) -> None:
    client = registered(boto)
    device = boto("sso-oidc").start_device_authorization(startUrl=START_URL, **client)
    get(device["verificationUriComplete"])
    token = boto("sso-oidc").create_token(grantType=DEVICE, deviceCode=device["deviceCode"], **client)
    assert "refreshToken" not in token
    boto("sso").list_accounts(accessToken=token["accessToken"])


def test_a_token_of_another_scope_does_not_open_the_portal(boto: Any, refusal: Any) -> None:
    client = registered(boto, scopes=["codewhisperer:completions"])
    device = boto("sso-oidc").start_device_authorization(startUrl=START_URL, **client)
    get(device["verificationUriComplete"])
    token = boto("sso-oidc").create_token(grantType=DEVICE, deviceCode=device["deviceCode"], **client)
    assert refusal(boto("sso").list_accounts, accessToken=token["accessToken"]).startswith("UnauthorizedException")


# ---------------------------------------------------------------- portal
def test_accounts_and_roles_come_in_pages(boto: Any, access_token: str) -> None:
    sso = boto("sso")
    pages = list(
        sso.get_paginator("list_accounts").paginate(accessToken=access_token, PaginationConfig={"PageSize": 1})
    )
    assert [page["accountList"][0]["accountId"] for page in pages] == [ACCOUNT, OTHER_ACCOUNT]
    roles = sso.get_paginator("list_account_roles").paginate(accessToken=access_token, accountId=ACCOUNT, maxResults=1)
    assert [role["roleName"] for page in roles for role in page["roleList"]] == ["Admin", "ReadOnly"]


def test_role_credentials_work_and_end(fake_aws: FakeAws, boto: Any, refusal: Any, access_token: str) -> None:
    answer = boto("sso").get_role_credentials(accessToken=access_token, accountId=ACCOUNT, roleName="ReadOnly")
    got = answer["roleCredentials"]
    assert got["expiration"] / 1000 == pytest.approx(fake_aws.now() + 3600, abs=5)
    credentials = {
        "AccessKeyId": got["accessKeyId"],
        "SecretAccessKey": got["secretAccessKey"],
        "SessionToken": got["sessionToken"],
    }
    arn = boto("sts", credentials).get_caller_identity()["Arn"]
    assert arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_ReadOnly_")
    assert arn.endswith("/alice")
    fake_aws.advance(3600)
    assert refusal(boto("sts", credentials).get_caller_identity).startswith("ExpiredToken")


@pytest.mark.parametrize(
    "where", [{"accountId": ACCOUNT, "roleName": "Root"}, {"accountId": "0" * 12, "roleName": "Admin"}]
)
def test_what_is_not_assigned_is_refused(boto: Any, refusal: Any, access_token: str, where: dict[str, str]) -> None:
    assert refusal(boto("sso").get_role_credentials, accessToken=access_token, **where).startswith("ForbiddenException")


def test_a_logout_ends_the_token(boto: Any, refusal: Any, access_token: str) -> None:
    boto("sso").logout(accessToken=access_token)
    assert refusal(boto("sso").list_accounts, accessToken=access_token).startswith("UnauthorizedException")


def test_no_secret_of_sso_enters_the_log(fake_aws: FakeAws, boto: Any, pkce: Pkce) -> None:
    code = pkce.code()
    token = pkce.token(code)
    boto("sso").get_role_credentials(accessToken=token["accessToken"], accountId=ACCOUNT, roleName="Admin")
    log = str(fake_aws.calls())
    secret_texts = [code, token["accessToken"], token["refreshToken"], pkce.verifier, pkce.client["clientSecret"]]
    assert [text for text in secret_texts if text in log] == []
    assert pkce.client["clientId"] in log
