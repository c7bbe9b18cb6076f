"""The time as AWS has it: the Date of any answer, refusals included."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from pyvault.errors import AwsUnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DEFAULT_ENDPOINT = "https://sts.amazonaws.com"


def read_aws_clock(environ: Mapping[str, str], *, limit: float) -> datetime | None:
    """Ask the STS endpoint of this environment; None where it answers without a date that can be read.

    Sends nothing but a bare request: no signature, no account.

    Raises:
        AwsUnreachableError: no answer in *limit* seconds.
        ConfigError: the certificates to trust can't be read.
    """
    from email.utils import parsedate_to_datetime
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    from pyvault.config.ca_bundle import OF_AWS, find_ca_bundle, tls_context

    endpoint = environ.get("AWS_ENDPOINT_URL_STS") or environ.get("AWS_ENDPOINT_URL") or DEFAULT_ENDPOINT
    if not endpoint.startswith(("https://", "http://")):
        raise AwsUnreachableError("the endpoint is not a web address")
    tls = tls_context(find_ca_bundle(environ.get(OF_AWS), environ))
    try:
        request = Request(endpoint, method="HEAD")  # noqa: S310 - the scheme is checked
        with urlopen(request, timeout=limit, context=tls) as answer:  # noqa: S310 - the same
            date = answer.headers.get("Date")
    except HTTPError as refusal:
        date = refusal.headers.get("Date")
        refusal.close()
    except (OSError, HTTPException, ValueError):
        raise AwsUnreachableError("AWS gave no answer") from None
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None
