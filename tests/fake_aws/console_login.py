"""Sign-ins with a console identity: what ``aws login`` speaks with.

Source: botocore's model of the service ``signin`` (CreateOAuth2Token, RevokeOAuth2TokenWithIAM);
RFC 6749, RFC 7636 (PKCE), RFC 9449 (DPoP). AWS calls S256 ``SHA-256`` here.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from . import dpop, ids
from .authenticate import authenticate
from .console_login_state import ConsoleLogin, ConsoleLogins, LoginRequest
from .errors import AwsError
from .json_shape import is_object
from .message import Request, Response, html_response, json_response, redirect
from .model import Operation, Principal
from .oidc import challenge_of
from .principals import role_session_principal, user_principal
from .sso_state import Consent
from .world import World

SAME_DEVICE = "arn:aws:signin:::devtools/same-device"
CROSS_DEVICE = "arn:aws:signin:::devtools/cross-device"
CONFIRMATION = "/v1/sessions/confirmation"
PAGE_LIFETIME = timedelta(minutes=10)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
MOST_REFRESH_CHARACTERS = 12_288
#: The kinds of an AccessDeniedException, in the body's field ``error``.
DENIALS = frozenset({"TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED", "AUTHCODE_EXPIRED", "INSUFFICIENT_PERMISSIONS"})
EXCEPTIONS = {
    **dict.fromkeys(DENIALS, "AccessDeniedException"),
    "INVALID_REQUEST": "ValidationException",
    "INVALID_GRANT": "InvalidGrantException",
    "server_error": "InternalServerException",
    "TooManyRequestsError": "TooManyRequestsError",
}


def authorize(world: World, request: Request, base_url: str) -> Response:
    """Open the page where the person says yes.

    Raises:
        AwsError: the request is bad; shown here, as the redirect is not to be trusted yet.
    """
    logins, fields = world.console_logins, request.query_fields()
    client, uri = fields.get("client_id", ""), fields.get("redirect_uri", "")
    target = urlsplit(uri)
    loopback = target.scheme == "http" and target.hostname in LOOPBACK and target.port is not None
    if client == SAME_DEVICE and not (loopback and target.path == "/oauth/callback"):
        raise _invalid("redirect_uri must be /oauth/callback on a loopback port")
    if client == CROSS_DEVICE and uri != f"{base_url}{CONFIRMATION}":
        raise _invalid("redirect_uri must be the confirmation page")
    if client not in {SAME_DEVICE, CROSS_DEVICE}:
        raise _invalid("unknown client_id")
    if fields.get("response_type") != "code" or fields.get("scope") != "openid" or not fields.get("state"):
        raise _invalid("response_type=code, scope=openid and a state are needed")
    if fields.get("code_challenge_method") != "SHA-256" or len(fields.get("code_challenge", "")) != 43:
        raise _invalid("a code_challenge by SHA-256 is needed")
    page = ids.bearer(24)
    logins.open_pages[page] = LoginRequest(
        client_id=client,
        redirect_uri=uri,
        state=fields["state"],
        challenge=fields["code_challenge"],
        expires=world.now() + PAGE_LIFETIME,
    )
    if logins.consent is Consent.PAGE:
        links = "".join(
            f'<p><a id="{word}" href="/v1/authorize/{word}?page={quote(page)}">{word.title()}</a></p>'
            for word in ("allow", "deny")
        )
        return html_response(f"<!doctype html><title>Sign in</title><h1>Continue with this session?</h1>{links}")
    return _finish(world, page, allowed=logins.consent is Consent.AUTO)


def answer(world: World, request: Request, base_url: str) -> Response:
    """Carry out the click on Allow or Deny."""
    return _finish(world, request.query_fields().get("page", ""), allowed=request.path.endswith("/allow"))


def confirmation(world: World, request: Request, base_url: str) -> Response:
    """Show the text that the person takes to the other machine."""
    text = base64.b64encode(request.query.encode()).decode()
    return html_response(f"<!doctype html><title>Verification</title><pre id=code>{escape(text)}</pre>")


def create_token(world: World, request: Request, base_url: str) -> Response:
    """Answer CreateOAuth2Token, both grants.

    Raises:
        AwsError: as the service refuses it.
    """
    body = _body(request)
    try:
        key = dpop.thumbprint(
            request, f"{base_url}{request.path}", now=world.clock.wire_now(), seen=world.console_logins.proofs
        )
    except dpop.ProofError as exc:
        raise _invalid(f"DPoP: {exc}") from None
    match body.get("grantType"):
        case "authorization_code":
            return _by_code(world, body, key)
        case "refresh_token":
            return _by_refresh(world, body, key)
        case _:
            raise _invalid("unknown grantType")


def revoke(world: World, request: Request, base_url: str) -> Response:
    """Answer RevokeOAuth2TokenWithIAM: the whole chain of the token ends.

    Raises:
        AwsError: the caller is unknown, or the token is another's.
    """
    caller = authenticate(world, request, "signin")
    login = world.console_logins.find(_text(_body(request), "token"))
    if login is not None:
        if login.principal.arn != caller.principal.arn:
            raise _denied("INSUFFICIENT_PERMISSIONS", "the token is another's")
        world.console_logins.logins.remove(login)
    return json_response({})


def refuse(error: AwsError) -> Response:
    """Render a refusal of an API call."""
    name = EXCEPTIONS.get(error.code, error.code)
    body = {"error": error.code, "message": error.message}
    return json_response(body, status=error.status, headers=(("x-amzn-ErrorType", name),))


def refuse_page(error: AwsError) -> Response:
    """Show a refusal in the browser."""
    html = f"<!doctype html><title>Error</title><h1>{escape(error.code)}</h1><p>{escape(error.message)}</p>"
    return html_response(html, status=error.status)


def _finish(world: World, page: str, *, allowed: bool) -> Response:
    asked = world.console_logins.open_pages.pop(page, None)
    if asked is None or world.now() >= asked.expires:
        raise _invalid("this page is not open any more")
    if allowed:
        code = ids.bearer(64)
        world.console_logins.codes[code] = asked
        fields = {"state": asked.state, "code": code}
    else:
        fields = {"state": asked.state, "error": "access_denied"}
    return redirect(f"{asked.redirect_uri}?{urlencode(fields)}")


def _by_code(world: World, body: Mapping[str, object], key: str) -> Response:
    logins = world.console_logins
    # Popped before anything is checked: a code is good for one try, whoever makes it.
    asked = logins.codes.pop(_text(body, "code"), None)
    if asked is None or asked.client_id != body.get("clientId") or body.get("redirectUri") != asked.redirect_uri:
        raise AwsError("INVALID_GRANT", "the code is unknown, used, or of another request", status=400)
    if not hmac.compare_digest(challenge_of(_text(body, "codeVerifier")), asked.challenge):
        raise AwsError("INVALID_GRANT", "the code verifier does not match", status=400)
    if world.now() >= asked.expires:
        raise _denied("AUTHCODE_EXPIRED", "the code has expired")
    if logins.refusal is not None:
        raise _refusal(logins.refusal)
    login = ConsoleLogin(
        principal=_person(world, logins),
        client_id=asked.client_id,
        key=key,
        refresh_token="",
        ends=world.now() + timedelta(seconds=logins.session_s),
    )
    logins.logins.append(login)
    return _issue(world, login, first=True)


def _by_refresh(world: World, body: Mapping[str, object], key: str) -> Response:
    token = _text(body, "refreshToken")
    login = world.console_logins.find(token) if token else None
    if login is None or login.client_id != body.get("clientId"):
        raise AwsError("INVALID_GRANT", "the refresh token is unknown or was used before", status=400)
    if not hmac.compare_digest(login.key, key):
        raise _invalid("DPoP: another key than the session began with")
    if login.refusal is not None:
        raise _refusal(login.refusal)
    if world.now() >= login.ends:
        raise _denied("TOKEN_EXPIRED", "the session has ended")
    return _issue(world, login, first=False)


def _issue(world: World, login: ConsoleLogin, *, first: bool) -> Response:
    lifetime = min(timedelta(seconds=world.console_logins.access_token_s), login.ends - world.now())
    session = world.new_session(login.principal, Operation.CONSOLE_LOGIN, lifetime, source_key_id=None)
    login.refresh_token = ids.bearer(256)
    answer: dict[str, object] = {
        "accessToken": {
            "accessKeyId": session.access_key_id,
            "secretAccessKey": session.secret,
            "sessionToken": session.token,
        },
        "tokenType": "aws_sigv4",
        "expiresIn": int(lifetime.total_seconds()),
        "refreshToken": login.refresh_token,
    }
    if first:
        claims = json.dumps({"sub": login.principal.arn, "aud": login.client_id, "iss": "https://signin.aws.test"})
        answer["idToken"] = f"{_encoded('{}')}.{_encoded(claims)}.{_encoded('signature')}"
    return json_response(answer)


def _person(world: World, logins: ConsoleLogins) -> Principal:
    if (user := world.find_user(logins.person)) is not None:
        return user_principal(user)
    role = world.find_role(logins.person)
    if role is None:
        raise _denied("INSUFFICIENT_PERMISSIONS", "nobody is at the browser")
    return role_session_principal(role, "person")


def _body(request: Request) -> Mapping[str, object]:
    try:
        body: object = json.loads(request.body)
    except ValueError:
        raise _invalid("the body is not JSON") from None
    if not is_object(body):
        raise _invalid("the body is not an object")
    return body


def _text(body: Mapping[str, object], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) and len(value) <= MOST_REFRESH_CHARACTERS else ""


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _invalid(message: str) -> AwsError:
    return AwsError("INVALID_REQUEST", message, status=400)


def _denied(kind: str, message: str) -> AwsError:
    return AwsError(kind, message, status=403)


def _refusal(kind: str) -> AwsError:
    return (
        _denied(kind, "ordered by the test") if kind in DENIALS else AwsError(kind, "ordered by the test", status=400)
    )
