"""The sign-in endpoint: from temporary credentials to a console session in a browser.

Source: IAM user guide, "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from html import escape
from urllib.parse import parse_qs, quote, urlsplit

from . import ids
from .console_state import ConsoleSession, SigninToken
from .errors import AwsError
from .message import Request, Response, html_response, json_response, redirect
from .model import Operation, Session
from .world import World

#: A sign-in token must be used within 15 minutes.
TOKEN_LIFETIME = timedelta(minutes=15)
MIN_DURATION_S, MAX_DURATION_S = 900, 43_200
COOKIE = "fake-console"
#: Sessions that the console takes. GetSessionToken's it does not.
WELCOME = frozenset(set(Operation) - {Operation.GET_SESSION_TOKEN})
#: Only these may say how long the console session lasts, and only unchained.
MAY_CHOOSE_DURATION = frozenset({Operation.ASSUME_ROLE, Operation.WEB_IDENTITY})
#: Where a login or a logout may lead, besides loopback.
AWS_SITES = (
    "console.aws.amazon.com",
    "signin.aws.amazon.com",
    "console.amazonaws.cn",
    "signin.amazonaws.cn",
    "console.amazonaws-us-gov.com",
    "signin.amazonaws-us-gov.com",
    "console.amazonaws-eusc.eu",
    "signin.amazonaws-eusc.eu",
    "console.c2shome.ic.gov",
    "signin.c2shome.ic.gov",
    "console.sc2shome.sgov.gov",
    "signin.sc2shome.sgov.gov",
)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def federation(world: World, request: Request, base_url: str) -> Response:
    """Answer ``/federation``, both actions.

    Raises:
        AwsError: as the endpoint would refuse it, status 400.
    """
    fields = request.form_fields()
    match fields.get("Action"):
        case "getSigninToken":
            return _get_signin_token(world, fields)
        case "login":
            return _login(world, fields)
        case _:
            raise _bad("Action must be getSigninToken or login")


def console(world: World, request: Request, base_url: str) -> Response:
    """Show who is signed in, and where a login wanted to go."""
    signed_in = world.console_sessions.get(request.cookie(COOKIE) or "")
    if signed_in is None or world.now() >= signed_in.expires:
        return html_response("<!doctype html><title>Sign in</title><h1 id=arn>nobody</h1>", status=401)
    destination = request.query_fields().get("destination", "")
    region = parse_qs(urlsplit(destination).query).get("region", [""])[0]
    rows = {
        "arn": signed_in.principal.arn,
        "account": signed_in.principal.account,
        "issuer": signed_in.issuer,
        "destination": destination,
        "region": region,
        "expires": signed_in.expires.isoformat(),
    }
    shown = "".join(f"<p id={name}>{escape(value)}</p>" for name, value in rows.items())
    return html_response(f"<!doctype html><title>AWS Management Console</title>{shown}")


def logout(world: World, request: Request, base_url: str) -> Response:
    """Answer ``/oauth?Action=logout``: end the browser's session and go on.

    Raises:
        AwsError: it is another action, or leads nowhere known.
    """
    fields = request.query_fields()
    if fields.get("Action") != "logout":
        raise _bad("Action must be logout")
    world.console_sessions.pop(request.cookie(COOKIE) or "", None)
    target = fields.get("redirect_uri", "")
    _check_known_address(target)
    return redirect(target, headers=(("Set-Cookie", f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly"),))


def refuse(error: AwsError) -> Response:
    """Show a refusal."""
    html = f"<!doctype html><title>Error</title><h1>{error.status}</h1><p>{escape(error.message)}</p>"
    return html_response(html, status=error.status)


def _get_signin_token(world: World, fields: dict[str, str]) -> Response:
    session = _live_session(world, fields.get("Session", ""))
    now = world.now()
    remaining = session.expires - now
    duration = fields.get("SessionDuration")
    if duration is not None:
        remaining = _chosen_duration(session, duration)
    token = ids.bearer(300)
    world.signin_tokens[token] = SigninToken(
        principal=session.principal, good_until=now + TOKEN_LIFETIME, console_ends=now + remaining
    )
    return json_response({"SigninToken": token})


def _chosen_duration(session: Session, duration: str) -> timedelta:
    if session.made_by not in MAY_CHOOSE_DURATION or session.chained:
        raise _bad("SessionDuration is only for credentials of an AssumeRole that is not chained")
    if not duration.isdecimal() or not MIN_DURATION_S <= int(duration) <= MAX_DURATION_S:
        raise _bad(f"SessionDuration must be between {MIN_DURATION_S} and {MAX_DURATION_S}")
    return timedelta(seconds=int(duration))


def _live_session(world: World, text: str) -> Session:
    try:
        given = json.loads(text)
        key_id, secret, token = (str(given[name]) for name in ("sessionId", "sessionKey", "sessionToken"))
    except (ValueError, KeyError, TypeError):
        raise _bad("Session must be JSON with sessionId, sessionKey and sessionToken") from None
    session = world.sessions.get(key_id)
    good = session is not None and all(
        hmac.compare_digest(mine.encode(), theirs.encode())
        for mine, theirs in ((session.secret, secret), (session.token, token))
    )
    if session is None or not good or world.now() >= session.expires or not world.is_alive(session):
        raise _bad("the credentials are not valid temporary ones")
    if session.made_by not in WELCOME:
        raise _bad("the console takes no GetSessionToken credentials")
    return session


def _login(world: World, fields: dict[str, str]) -> Response:
    token = world.signin_tokens.get(fields.get("SigninToken", ""))
    if token is None or world.now() >= token.good_until:
        raise _bad("the sign-in token is unknown or too old")
    destination = fields.get("Destination", "")
    _check_known_address(destination)
    cookie = ids.bearer(24)
    world.console_sessions[cookie] = ConsoleSession(
        principal=token.principal, expires=token.console_ends, issuer=fields.get("Issuer", "")
    )
    # The real console can't be reached from here, so the page is ours and says where it would have been.
    return redirect(
        f"/console/home?destination={quote(destination, safe='')}",
        headers=(("Set-Cookie", f"{COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Lax"),),
    )


def _check_known_address(address: str) -> None:
    parts = urlsplit(address)
    host = parts.hostname or ""
    aws = any(host == site or host.endswith(f".{site}") for site in AWS_SITES)
    if host not in LOOPBACK and not (parts.scheme == "https" and aws):
        raise _bad("the address is none of AWS's")


def _bad(message: str) -> AwsError:
    return AwsError("BadRequest", message, status=400)
