"""Exchange credentials for a sign-in token: one request, retried once without a duration."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from pyvault.errors import AwsError, AwsUnreachableError, CredentialsError, UnusableAnswerError
from pyvault.json_reader import UnreadableError, read_object
from pyvault.record import Record
from pyvault.secret import Secret
from pyvault.signin.links import token_request

if TYPE_CHECKING:
    from pyvault.model import Credentials
    from pyvault.signin.links import SigninSite

MAX_ANSWER = 64 * 1024  # bytes; a token is some 600
TIMEOUT_S = 30
BAD_REQUEST = 400
OK = 200


class Answer(Record):
    """The answer of the endpoint.

    Attributes:
        body: at most 64 KiB; contains the token.
    """

    status: int
    body: Secret[bytes]


#: Gets a URL that contains credentials. Raises AwsUnreachableError.
Get = Callable[[Secret[str]], Answer]


def get_signin_token(site: SigninSite, credentials: Credentials, *, duration_s: int | None, get: Get) -> Secret[str]:
    """Exchange temporary credentials for a sign-in token.

    Args:
        duration_s: see :func:`pyvault.signin.links.token_request`. AWS answers 400 when
            it is not allowed; then the request is repeated once without it.

    Raises:
        CredentialsError: the credentials are long-lived.
        AwsError: AWS refused.
        AwsUnreachableError: there was no answer.
        UnusableAnswerError: the answer can't be read.
    """
    session = _session(credentials)
    answer = get(token_request(site, session=session, duration_s=duration_s))
    if answer.status == BAD_REQUEST and duration_s is not None:
        answer = get(token_request(site, session=session, duration_s=None))
    if answer.status != OK:
        raise AwsError(
            f"the sign-in endpoint refused the credentials with status {answer.status}",
            code=f"HTTP{answer.status}",
            hint="the session may have expired; try again with --refresh" if answer.status == BAD_REQUEST else None,
        )
    try:
        return Secret(read_object(answer.body, limit=MAX_ANSWER).text("SigninToken"))
    except UnreadableError as exc:
        raise UnusableAnswerError(f"the sign-in endpoint returned no token: {exc}") from None


def _session(credentials: Credentials) -> Secret[str]:
    if credentials.session_token is None:
        raise CredentialsError(
            "long-lived credentials can't sign in to the console",
            hint="use a role, or a user's federation token as 'pyvault login' requests it",
        )
    return Secret(
        json.dumps(
            {
                "sessionId": credentials.access_key_id,
                "sessionKey": credentials.secret_access_key.reveal(),
                "sessionToken": credentials.session_token.reveal(),
            }
        )
    )


def get_over_https(url: Secret[str], *, ca_bundle: str | None = None) -> Answer:
    """Get a URL with the standard library; redirects are not followed.

    Raises:
        AwsUnreachableError: no connection, a bad certificate, a time-out.
        ConfigError: the trusted certificates can't be read.
    """
    import http.client
    import urllib.error
    import urllib.request

    from pyvault.config.ca_bundle import tls_context

    tls = tls_context(ca_bundle)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=tls),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):  # and no redirect handler: credentials in a URL go to no other host
        opener.add_handler(handler)
    try:
        with opener.open(url.reveal(), timeout=TIMEOUT_S) as response:
            return Answer(status=response.status, body=Secret(response.read(MAX_ANSWER + 1)))
    except urllib.error.HTTPError as exc:
        with exc:
            return Answer(status=exc.code, body=Secret(b""))
    except (OSError, http.client.HTTPException) as exc:
        raise AwsUnreachableError(
            f"the sign-in endpoint '{_host_of(url)}' can't be reached: {_reason(exc)}",
            hint="check the network, and PYVAULT_SIGNIN_URL and HTTPS_PROXY if they are set",
        ) from None


def _host_of(url: Secret[str]) -> str:
    """Return the host alone: the rest of the URL contains credentials."""
    from urllib.parse import urlsplit

    return urlsplit(url.reveal()).netloc.rpartition("@")[2]


def _reason(exc: Exception) -> str:
    """Return the reason, without the exception's text, which may contain the URL."""
    cause = getattr(exc, "reason", exc)  # of a URLError
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    reason = getattr(cause, "verify_message", None) or getattr(cause, "strerror", None)  # of a certificate; of errno
    return str(reason or type(cause).__name__)
