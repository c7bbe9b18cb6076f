"""What a person sees in the browser: the authorization page, the device page, their answers.

A plain GET is as good as a browser here. With consent ``auto`` the pages answer at once;
with ``page`` they show links, ``/authorize/allow`` and ``/authorize/deny`` (``page=ID``),
``/device/allow`` and ``/device/deny`` (``user_code=CODE``).
"""

from __future__ import annotations

from datetime import timedelta
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from . import ids
from .errors import AwsError
from .message import Request, Response, html_response, redirect
from .oidc import sso_of
from .oidc_errors import OidcError
from .sso_state import CodeRequest, Consent, Decision, DeviceGrant
from .world import World

#: How long a page may stay open, and how long its code is good.
PAGE_LIFETIME = timedelta(minutes=10)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def authorize(world: World, request: Request, base_url: str) -> Response:
    """Open the authorization page.

    Raises:
        OidcError: the request is bad; it is shown here and never redirected, since the
            redirect address is not to be trusted yet.
    """
    sso, fields = sso_of(world), request.query_fields()
    client = sso.clients.get(fields.get("client_id", ""))
    if client is None:
        raise OidcError("invalid_client", "unknown client")
    uri = fields.get("redirect_uri", "")
    if not any(_same_redirect(uri, registered) for registered in client.redirect_uris):
        raise OidcError("invalid_redirect_uri", "redirect_uri was not registered")
    if fields.get("response_type") != "code" or fields.get("code_challenge_method") != "S256":
        raise OidcError("invalid_request", "only response_type=code with S256 is offered")
    challenge = fields.get("code_challenge", "")
    if len(challenge) != 43:
        raise OidcError("invalid_request", "code_challenge is not the digest of a verifier")
    scopes = tuple((fields.get("scopes") or fields.get("scope") or "").replace(",", " ").split())
    if not set(scopes) <= set(client.scopes):
        raise OidcError("invalid_scope", "a scope was not registered")
    page = ids.bearer(24)
    sso.open_pages[page] = CodeRequest(
        client_id=client.id,
        redirect_uri=uri,
        state=fields.get("state", ""),
        challenge=challenge,
        scopes=scopes or client.scopes,
        expires=world.now() + PAGE_LIFETIME,
    )
    if sso.consent is Consent.PAGE:
        return _consent_page("Allow this application to access your accounts?", "/authorize", f"page={quote(page)}")
    return _finish(world, page, allowed=sso.consent is Consent.AUTO)


def answer_authorization(world: World, request: Request, base_url: str) -> Response:
    """Carry out the click on Allow or Deny.

    Raises:
        OidcError: the page is not open any more.
    """
    return _finish(world, request.query_fields().get("page", ""), allowed=request.path.endswith("/allow"))


def device(world: World, request: Request, base_url: str) -> Response:
    """Open the device page."""
    sso, fields = sso_of(world), request.query_fields()
    grant = _device(world, fields.get("user_code", ""))
    if sso.consent is Consent.PAGE:
        return _consent_page(f"Confirm the code {grant.user_code}", "/device", f"user_code={quote(grant.user_code)}")
    return _decide(grant, allowed=sso.consent is Consent.AUTO)


def answer_device(world: World, request: Request, base_url: str) -> Response:
    """Carry out the click on Allow or Deny."""
    grant = _device(world, request.query_fields().get("user_code", ""))
    return _decide(grant, allowed=request.path.endswith("/allow"))


def refuse(error: AwsError) -> Response:
    """Show what was wrong."""
    html = f"<!doctype html><title>Error</title><h1>{escape(error.code)}</h1><p>{escape(error.message)}</p>"
    return html_response(html, status=error.status)


def _finish(world: World, page: str, *, allowed: bool) -> Response:
    sso = sso_of(world)
    asked = sso.open_pages.pop(page, None)
    if asked is None or world.now() >= asked.expires:
        raise OidcError("invalid_request", "this page is not open any more")
    if allowed:
        code = ids.bearer(64)
        sso.codes[code] = asked
        fields = {"code": code, "state": asked.state}
    else:
        fields = {"error": "access_denied", "error_description": "the person said no", "state": asked.state}
    joint = "&" if urlsplit(asked.redirect_uri).query else "?"
    return redirect(f"{asked.redirect_uri}{joint}{urlencode(fields)}")


def _device(world: World, user_code: str) -> DeviceGrant:
    grant = sso_of(world).find_device(user_code)
    if grant is None or world.now() >= grant.expires:
        raise OidcError("invalid_request", "unknown or expired code")
    return grant


def _decide(grant: DeviceGrant, *, allowed: bool) -> Response:
    grant.decision = Decision.APPROVED if allowed else Decision.DENIED
    word = "approved" if allowed else "denied"
    return html_response(f"<!doctype html><title>Request {word}</title><h1 id=outcome>Request {word}</h1>")


def _consent_page(question: str, path: str, fields: str) -> Response:
    links = "".join(
        f'<p><a id="{word}" href="{path}/{word}?{escape(fields)}">{word.title()}</a></p>' for word in ("allow", "deny")
    )
    return html_response(f"<!doctype html><title>Sign in</title><h1>{escape(question)}</h1>{links}")


def _same_redirect(given: str, registered: str) -> bool:
    """Compare as RFC 8252, section 7.3: on loopback the port is the client's free choice."""
    left, right = urlsplit(given), urlsplit(registered)
    if left.hostname in LOOPBACK and left.scheme == "http" and right.port is None:
        return (left.scheme, left.hostname, left.path) == (right.scheme, right.hostname, right.path)
    return bool(given) and given == registered
