"""Errors of AWS and the network, as our errors.

*Refused* and *unreachable* are different types: the first needs another
request, the second another network.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from pyvault.aws import botocore_guards
from pyvault.config.partition import is_opt_in
from pyvault.errors import (
    AwsError,
    AwsUnreachableError,
    NothingSentError,
    PackedPolicyTooLargeError,
    UnusableAnswerError,
)
from pyvault.json_reader import UnreadableError
from pyvault.trace import trace

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from botocore.exceptions import BotoCoreError, ClientError

    from pyvault.secret import Secret

MAX_MESSAGE = 400  # characters of AWS's own words
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,99}")  # names of errors, or the HTTP statuses that botocore uses

WRONG_KEY = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"})
TOO_OLD = frozenset({"ExpiredToken", "ExpiredTokenException"})
REGION_OFF = "RegionDisabledException"
#: Source: STS API Reference, AssumeRole, "PackedPolicyTooLarge".
PACKED: Final = (
    "AWS packs policies and tags into a space of its own measure, that can be full below the 2048 characters:"
    " make the policy shorter, use managed policies, or fewer tags"
)
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})

#: What an exception of botocore means; by name, so that nothing is imported for it.
REASONS: Final = {
    "EndpointConnectionError": "no connection",
    "ConnectTimeoutError": "the connection timed out",
    "ReadTimeoutError": "the answer timed out",
    "ConnectionClosedError": "the connection was closed before the answer",
    "SSLError": "TLS failed: neither this machine nor the ca_bundle trusts the certificate",
    "ProxyConnectionError": "the proxy can't be reached",
    "HTTPClientError": "the request could not be sent",
}
#: Those of them after which nothing was sent.
WITHOUT_CONNECTION: Final = frozenset(
    {"EndpointConnectionError", "ConnectTimeoutError", "SSLError", "ProxyConnectionError"}
)


@contextmanager
def translated(
    operation: str, *, show_message: bool = True, sts_region: str | None = None, hidden: Sequence[Secret[str]] = ()
) -> Generator[None]:
    """Turn what botocore raises inside the ``with`` into our errors.

    Args:
        operation: as a person knows it, e.g. ``sts:AssumeRole``.
        show_message: False if the request carries a token: a foreign
            endpoint could send it back in its message.
        sts_region: where STS is called.
        hidden: secrets that the request carries or is signed with, removed from
            AWS's message: that of a refused signature quotes the signed headers,
            the session token among them.

    Raises:
        AwsError: AWS refused.
        AwsUnreachableError: there was no answer.
        UnusableAnswerError: the answer is not one of AWS.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoAuthTokenError, ParamValidationError
    from botocore.parsers import ResponseParserError

    from pyvault.aws.botocore_guards import AnswerTooLongError

    trace(__name__, "AWS: %s", operation)
    try:
        with botocore_guards.requests():
            yield
    except ClientError as exc:
        raise _refused(
            operation, exc, show_message=show_message, sts_region=sts_region, hidden=hidden
        ) from None  # it keeps the whole response
    except (ParamValidationError, NoAuthTokenError) as exc:
        raise AwsError(f"{operation} can't be called: {type(exc).__name__}", code=type(exc).__name__) from None
    except AnswerTooLongError:
        raise UnusableAnswerError(f"the answer to {operation} is too long, or takes too long") from None
    except UnreadableError as exc:
        raise UnusableAnswerError(f"the answer to {operation} can't be used: {exc}") from None
    except UnusableAnswerError as exc:  # of Credentials, which doesn't know whose answer it was
        raise UnusableAnswerError(f"the answer to {operation} can't be used: {exc.message}") from None
    except BotoCoreError as exc:
        kind = NothingSentError if type(exc).__name__ in WITHOUT_CONNECTION else AwsUnreachableError
        raise kind(f"{operation} got no answer: {reason_of(exc)}") from None
    # A parser's text is the body; and botocore fails in many ways on what is not an answer of AWS.
    except (ResponseParserError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RuntimeError):
        raise UnusableAnswerError(f"the answer to {operation} is not one of AWS") from None


@contextmanager
def making_client(service: str) -> Generator[None]:
    """Turn what botocore raises while a client is made into our errors; nothing is sent meanwhile.

    Raises:
        AwsUnreachableError: the region or the endpoint is not well-formed.
    """
    from botocore.exceptions import BotoCoreError

    try:
        with botocore_guards.requests():
            yield
    except (BotoCoreError, ValueError) as exc:  # ValueError: the endpoint is not a URL
        raise AwsUnreachableError(
            f"{service} can't be called: {type(exc).__name__}", hint="check the region and the endpoint_url"
        ) from None


def _refused(
    operation: str, exc: ClientError, *, show_message: bool, sts_region: str | None, hidden: Sequence[Secret[str]]
) -> AwsError:
    error = exc.response.get("Error", {})
    code = _code(_without(str(error.get("Code", "")), hidden))
    # A code that is a status is one of botocore's: nothing of the answer was AWS's, and its text is somebody else's.
    show_message = show_message and not code.isdecimal()
    text = _one_line(_without(str(error.get("Message", "")), hidden)) if show_message else ""
    message = f"AWS refused {operation}: {code}" + (f": {text}" if text else "")
    if code == "PackedPolicyTooLarge":
        return PackedPolicyTooLargeError(message, code=code, hint=PACKED)
    return AwsError(message, code=code, hint=_hint(operation, code, text, sts_region))


def _elsewhere() -> str:
    from pyvault.surface import option

    in_this_call = option("sts_region")
    return "set another region for STS with sts_region in the profile" + (f" or {in_this_call}" if in_this_call else "")


def _hint(operation: str, code: str, text: str, sts_region: str | None) -> str | None:  # noqa: PLR0911 - one for each kind
    if "MultiFactorAuthentication" in text:
        return "the MFA code was refused: it is wrong, was used before, or is from another device than mfa_serial names"
    if code in TOO_OLD:
        from pyvault.surface import argument

        again = argument("refresh", value=True)
        return f"the credentials or the token of the call have expired; {again} gets new sessions"
    if code == "SignatureDoesNotMatch":
        return "the secret key does not match the key id, or this machine's clock is wrong"
    if code == REGION_OFF and sts_region is not None:
        return f"the account has not enabled the region {sts_region!r}; {_elsewhere()}"
    if code == "InvalidClientTokenId" and sts_region is not None and is_opt_in(sts_region):
        return f"the access key was deleted or mistyped, or its account has not enabled {sts_region!r}; {_elsewhere()}"
    if code in WRONG_KEY:
        return "the access key was deleted, deactivated or mistyped, or belongs to another partition"
    if code in DENIED and operation == "sts:GetSessionToken":
        from pyvault.surface import argument

        without = argument("no_session", value=True)
        return f"the user's policy may want MFA for it (mfa_serial), or forbid it: {without} uses the keys as they are"
    if code in DENIED:
        return "the role's trust policy may require MFA (mfa_serial), an external_id or another source_profile"
    return None


def reason_of(exc: BotoCoreError) -> str:
    """Return why there was no answer in our own words: botocore's messages quote headers, and so tokens."""
    reason = next((REASONS[kind.__name__] for kind in type(exc).__mro__ if kind.__name__ in REASONS), None)
    where = urlsplit(str(exc.kwargs.get("endpoint_url", ""))).netloc  # of our own request; never with a user
    reason = reason or type(exc).__name__
    return _one_line(f"{reason} ({where})" if where else reason)


def _code(text: str) -> str:
    """Return a well-formed code, else ``Unknown``: it is shown even if the message is not."""
    return text if CODE.fullmatch(text) else "Unknown"


def _without(text: str, hidden: Sequence[Secret[str]]) -> str:
    """Return a text without secrets, plain or URL-encoded."""
    for secret in hidden:
        if secret:
            text = text.replace(secret.reveal(), "***").replace(quote(secret.reveal(), safe=""), "***")
    return text


def _one_line(text: str) -> str:
    """Return a foreign text without control characters, shortened."""
    return "".join(char for char in text if char.isprintable())[:MAX_MESSAGE]
