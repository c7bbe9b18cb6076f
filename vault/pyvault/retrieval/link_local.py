"""Requests to metadata services on the local link: no proxy, no redirect, bounded.

A proxy would see the credentials; a redirect could carry the token to another
host.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyvault.errors import AwsUnreachableError, UnusableAnswerError
from pyvault.interruptions import pass_interruption
from pyvault.json_reader import UnreadableError, read_object
from pyvault.model import Credentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.client import HTTPResponse, HTTPSConnection

    #: Waits so many seconds.
    Sleep = Callable[[float], None]

MAX_ANSWER = 64 * 1024  # bytes
TIMEOUT = 2  # seconds; it is on the same link or not there
LONGEST_BODY = 5  # seconds
PAUSES = (0.2, 0.8)  # seconds before the second and the third try; more would seem to hang
BUSY = 429  # RFC 6585, section 4; both services limit the rate
BROKEN = 500  # and above: errors of the service


def ask(
    url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, ca_bundle: str | None = None
) -> tuple[int, Secret[str]]:
    """Send one request and return status and body.

    Args:
        url: of the service.
        method: of the request.
        headers: of the request.
        ca_bundle: the certificates that a service with TLS must have.

    Raises:
        AwsUnreachableError: there is no answer, or none in HTTP.
    """
    from http.client import HTTPConnection, HTTPException

    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host, port = parts.hostname or "", parts.port
    connection = (
        _with_tls(host, port, ca_bundle) if parts.scheme == "https" else HTTPConnection(host, port, timeout=TIMEOUT)
    )
    try:
        connection.request(method, path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, Secret(_read(answer).decode(errors="replace"))
    except (OSError, HTTPException, ValueError) as exc:
        pass_interruption(exc)
        where = f"{parts.scheme}://{parts.netloc}"
        raise AwsUnreachableError(f"the metadata service at {where!r} gave no answer: {type(exc).__name__}") from None
    finally:
        connection.close()


def _read(answer: HTTPResponse) -> bytes:
    """Read a body of at most :data:`MAX_ANSWER` bytes; a slow trickle of bytes ends too.

    Raises:
        TimeoutError: it takes too long.
    """
    deadline = time.monotonic() + LONGEST_BODY
    body = b""
    while len(body) < MAX_ANSWER and (part := answer.read1(MAX_ANSWER - len(body))):
        body += part
        if time.monotonic() > deadline:
            raise TimeoutError
    return body


def _with_tls(host: str, port: int | None, ca_bundle: str | None) -> HTTPSConnection:
    """Return a connection that trusts the same certificates as all our calls."""
    from http.client import HTTPSConnection

    from pyvault.config.ca_bundle import tls_context

    return HTTPSConnection(host, port, timeout=TIMEOUT, context=tls_context(ca_bundle))


def ask_with_retries(
    url: str,
    *,
    sleep: Sleep,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    also_silence: bool = False,
    ca_bundle: str | None = None,
) -> tuple[int, Secret[str]]:
    """Send a request up to three times, while the service is busy or broken; return the last status and body.

    Args:
        url: of the service.
        sleep: waits between two tries.
        method: of the request.
        headers: of the request.
        also_silence: also retry without any answer, because the service is known to be there.
        ca_bundle: the certificates that a service with TLS must have.

    Raises:
        AwsUnreachableError: there is no answer, or none in HTTP.
    """
    for pause in PAUSES:
        try:
            answer = ask(url, method=method, headers=headers, ca_bundle=ca_bundle)
        except AwsUnreachableError:
            if not also_silence:
                raise
        else:
            if answer[0] != BUSY and answer[0] < BROKEN:
                return answer
        sleep(pause)
    return ask(url, method=method, headers=headers, ca_bundle=ca_bundle)


def parse_credentials(body: Secret[str], *, source: str) -> Credentials:
    """Read the JSON in which EC2 and ECS hand out credentials.

    Source: EC2 User Guide, "Retrieve security credentials from instance
    metadata"; ECS Developer Guide, "Task IAM role".

    Raises:
        UnusableAnswerError: it is something else; nothing of it is in the message.
    """
    try:
        fields = read_object(Secret(body.reveal().encode()), limit=MAX_ANSWER)
        return Credentials(
            access_key_id=fields.text("AccessKeyId"),
            secret_access_key=Secret(fields.text("SecretAccessKey")),
            session_token=Secret(fields.text("Token")),
            expires=fields.foreign_time("Expiration"),
            account_id=fields.optional_digits("AccountId", 12),
        )
    except UnreadableError as exc:
        raise UnusableAnswerError(f"{source} returned unusable credentials: {exc}") from None
    except UnusableAnswerError as exc:  # of Credentials, which doesn't know whose keys these are
        raise UnusableAnswerError(f"{source} returned unusable credentials: {exc.message}") from None
