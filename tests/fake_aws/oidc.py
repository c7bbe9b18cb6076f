"""AWS SSO OIDC: client registration, device authorization, and every grant of CreateToken.

Source: IAM Identity Center OIDC API reference; RFC 6749, RFC 7636 (PKCE), RFC 8628 (device).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import quote

from . import ids
from .json_shape import is_object, texts_in
from .message import Request, Response, json_response
from .oidc_errors import OidcError
from .sso_state import ACCOUNT_SCOPE, Client, Consent, Decision, DeviceGrant, Login, SsoState
from .world import World

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = frozenset({"authorization_code", "refresh_token", DEVICE_GRANT})
REGISTRATION_LIFETIME = timedelta(days=90)
#: RFC 8628, section 3.5: each slow_down makes the interval five seconds longer.
SLOW_DOWN_S = 5.0

Fields = Mapping[str, object]


def register_client(world: World, request: Request, base_url: str) -> Response:
    """Answer RegisterClient."""
    sso, body = sso_of(world), read_json(request)
    if body.get("clientType") != "public":
        raise OidcError("invalid_client_metadata", "clientType must be public")
    if not text(body, "clientName"):
        raise OidcError("invalid_client_metadata", "clientName is required")
    scopes, redirects = texts(body, "scopes"), texts(body, "redirectUris")
    grants = texts(body, "grantTypes")
    if unknown := set(grants) - GRANT_TYPES:
        raise OidcError("unsupported_grant_type", f"unknown grant type {min(unknown)}")
    if "authorization_code" in grants and not redirects:
        raise OidcError("invalid_redirect_uri", "authorization_code needs redirectUris")
    if grants and body.get("issuerUrl") not in {None, sso.start_url}:
        raise OidcError("invalid_request", "issuerUrl is not this instance")
    client = Client(
        id=ids.bearer(16),
        secret=ids.bearer(256),
        expires=world.now() + REGISTRATION_LIFETIME,
        scopes=tuple(scopes),
        redirect_uris=tuple(redirects),
        grant_types=tuple(grants),
    )
    sso.clients[client.id] = client
    answer = {
        "clientId": client.id,
        "clientSecret": client.secret,
        "clientIdIssuedAt": int(world.now().timestamp()),
        "clientSecretExpiresAt": int(client.expires.timestamp()),
        "authorizationEndpoint": f"{base_url}/authorize",
        "tokenEndpoint": f"{base_url}/token",
    }
    return json_response(answer)


def start_device_authorization(world: World, request: Request, base_url: str) -> Response:
    """Answer StartDeviceAuthorization."""
    sso, body = sso_of(world), read_json(request)
    client = _client(world, sso, body)
    if text(body, "startUrl").rstrip("/#") != sso.start_url.rstrip("/#"):
        raise OidcError("invalid_request", "no such start URL")
    if client.grant_types and DEVICE_GRANT not in client.grant_types:
        raise OidcError("unauthorized_client", "the client did not register for device codes")
    device = DeviceGrant(
        code=ids.bearer(64),
        user_code=ids.user_code(),
        client_id=client.id,
        expires=world.now() + timedelta(seconds=sso.device_lifetime_s),
        interval_s=sso.interval_s,
        decision=Decision.DENIED if sso.consent is Consent.DENY else Decision.PENDING,
    )
    sso.devices[device.code] = device
    answer = {
        "deviceCode": device.code,
        "userCode": device.user_code,
        "verificationUri": f"{base_url}/device",
        "verificationUriComplete": f"{base_url}/device?user_code={quote(device.user_code)}",
        "expiresIn": int(sso.device_lifetime_s),
        "interval": int(sso.interval_s),
    }
    return json_response(answer)


def create_token(world: World, request: Request, base_url: str) -> Response:
    """Answer CreateToken."""
    sso, body = sso_of(world), read_json(request)
    client = _client(world, sso, body)
    grant = text(body, "grantType")
    if grant not in GRANTS:
        raise OidcError("unsupported_grant_type", f"unknown grant type {grant}")
    if client.grant_types and grant not in client.grant_types:
        raise OidcError("unauthorized_client", f"the client did not register for {grant}")
    return GRANTS[grant](world, sso, client, body)


def _by_code(world: World, sso: SsoState, client: Client, body: Fields) -> Response:
    # Popped before anything is checked: a code is good for one try, whoever makes it.
    granted = sso.codes.pop(text(body, "code"), None)
    if granted is None or granted.client_id != client.id or world.now() >= granted.expires:
        raise OidcError("invalid_grant", "the authorization code is unknown, used or expired")
    if text(body, "redirectUri") != granted.redirect_uri:
        raise OidcError("invalid_grant", "redirectUri is not the one of the authorization request")
    if not hmac.compare_digest(challenge_of(text(body, "codeVerifier")), granted.challenge):
        raise OidcError("invalid_grant", "the code verifier does not match the challenge")
    return _issue(world, sso, client, granted.scopes)


def _by_device(world: World, sso: SsoState, client: Client, body: Fields) -> Response:
    device = sso.devices.get(text(body, "deviceCode"))
    if device is None or device.client_id != client.id:
        raise OidcError("invalid_grant", "the device code is unknown or used")
    now = world.now()
    if now >= device.expires:
        raise OidcError("expired_token", "the device code has expired")
    last, device.last_poll = device.last_poll, now
    if last is not None and (now - last).total_seconds() < device.interval_s:
        device.interval_s += SLOW_DOWN_S
        raise OidcError("slow_down", "polled too often")
    if device.decision is Decision.PENDING:
        raise OidcError("authorization_pending", "the person has not decided yet")
    del sso.devices[device.code]
    if device.decision is Decision.DENIED:
        raise OidcError("access_denied", "the person said no")
    return _issue(world, sso, client, client.scopes)


def _by_refresh(world: World, sso: SsoState, client: Client, body: Fields) -> Response:
    login = sso.find_refresh(text(body, "refreshToken"))
    if login is None or login.client_id != client.id or world.now() >= login.ends:
        raise OidcError("invalid_grant", "the refresh token is unknown, used or expired")
    del sso.logins[login.access_token]  # rotation: the old pair dies with its successor's birth
    return _issue(world, sso, client, login.scopes, login)


GRANTS: Mapping[str, Callable[[World, SsoState, Client, Fields], Response]] = {
    "authorization_code": _by_code,
    DEVICE_GRANT: _by_device,
    "refresh_token": _by_refresh,
}


def _issue(
    world: World, sso: SsoState, client: Client, scopes: tuple[str, ...], before: Login | None = None
) -> Response:
    now = world.now()
    ends = before.ends if before else now + timedelta(seconds=sso.session_s)
    login = Login(
        user=before.user if before else sso.user,
        access_token=ids.bearer(128),
        refresh_token=ids.bearer(128) if ACCOUNT_SCOPE in scopes else None,
        client_id=client.id,
        scopes=scopes,
        expires=min(now + timedelta(seconds=sso.access_token_s), ends),
        ends=ends,
    )
    sso.logins[login.access_token] = login
    answer: dict[str, object] = {
        "accessToken": login.access_token,
        "tokenType": "Bearer",
        "expiresIn": int((login.expires - now).total_seconds()),
    }
    if login.refresh_token is not None:
        answer["refreshToken"] = login.refresh_token
    return json_response(answer)


def challenge_of(verifier: str) -> str:
    """Compute the S256 challenge; a verifier of the wrong length gives none that matches."""
    if not 43 <= len(verifier) <= 128:
        return ""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def sso_of(world: World) -> SsoState:
    """Give the instance, if this world has one.

    Raises:
        OidcError: it hasn't.
    """
    if world.sso is None:
        raise OidcError("invalid_request", "this world has no Identity Center")
    return world.sso


def _client(world: World, sso: SsoState, body: Fields) -> Client:
    client = sso.clients.get(text(body, "clientId"))
    if client is None or not hmac.compare_digest(client.secret.encode(), text(body, "clientSecret").encode()):
        raise OidcError("invalid_client", "unknown client, or wrong client secret")
    if world.now() >= client.expires:
        raise OidcError("invalid_client", "the client registration has expired")
    return client


def read_json(request: Request) -> Fields:
    """Read the body.

    Raises:
        OidcError: it is no JSON object.
    """
    try:
        body: object = json.loads(request.body)
    except ValueError:
        raise OidcError("invalid_request", "the body is not JSON") from None
    if not is_object(body):
        raise OidcError("invalid_request", "the body is not an object")
    return body


def text(body: Fields, name: str) -> str:
    """Take a text, or an empty one."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def texts(body: Fields, name: str) -> list[str]:
    """Take a list of texts, or an empty one."""
    return texts_in(body.get(name)) or []
