"""Requests to the metadata services beside us: no proxy, no redirect, bounded.

A proxy would see the credentials; a redirect could carry the token to another
host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyvault.errors import AwsUnreachableError, NoCredentialsError
from pyvault.foreign_time import parse_foreign_time
from pyvault.model import Credentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    #: Waits so many seconds.
    Sleep = Callable[[float], None]

MAX_ANSWER = 64 * 1024  # bytes
TIMEOUT = 2  # seconds; it is next door or not there
PAUSES = (0.2, 0.8)  # seconds before the second and the third try; more would be felt as hanging
BUSY = 429  # RFC 6585, section 4; both services say so to many callers at once
BROKEN = 500  # and above: the service's own trouble


def ask(url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> tuple[int, Secret[str]]:
    """Send one request and give status and body.

    Raises:
        AwsUnreachableError: nobody answers, or not in HTTP.
    """
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, Secret(answer.read(MAX_ANSWER).decode(errors="replace"))
    except (OSError, HTTPException, ValueError) as exc:
        where = f"{parts.scheme}://{parts.netloc}"
        raise AwsUnreachableError(f"the metadata service at {where!r} gave no answer: {type(exc).__name__}") from None
    finally:
        connection.close()


def ask_patiently(
    url: str,
    *,
    sleep: Sleep,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    also_silence: bool = False,
) -> tuple[int, Secret[str]]:
    """Send a request up to three times, while the service is busy or broken; return the last status and body.

    Args:
        url: of the service.
        sleep: waits between two tries.
        method: of the request.
        headers: the same.
        also_silence: the service is known to be there, so no answer is worth another try.

    Raises:
        AwsUnreachableError: nobody answers, or not in HTTP.
    """
    for pause in PAUSES:
        try:
            answer = ask(url, method=method, headers=headers)
        except AwsUnreachableError:
            if not also_silence:
                raise
        else:
            if answer[0] != BUSY and answer[0] < BROKEN:
                return answer
        sleep(pause)
    return ask(url, method=method, headers=headers)


def parse_credentials(body: Secret[str], *, source: str) -> Credentials:
    """Read the JSON in which EC2 and ECS hand out credentials.

    Source: EC2 User Guide, "Retrieve security credentials from instance
    metadata"; ECS Developer Guide, "Task IAM role".

    Raises:
        NoCredentialsError: it is something else.
    """
    import json

    try:
        fields = json.loads(body.reveal())
        return Credentials(
            access_key_id=str(fields["AccessKeyId"]),
            secret_access_key=Secret(str(fields["SecretAccessKey"])),
            session_token=Secret(str(fields["Token"])),
            expires=parse_foreign_time(str(fields["Expiration"])).replace(microsecond=0),
            account_id=str(fields["AccountId"]) if fields.get("AccountId") else None,
        )
    except (ValueError, KeyError, TypeError):  # they keep the document
        raise NoCredentialsError(f"{source} answers without credentials") from None
