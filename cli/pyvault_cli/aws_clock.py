"""The time as AWS has it: the Date of any answer, refusals included."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DEFAULT_ENDPOINT = "https://sts.amazonaws.com"


def read_aws_clock(environ: Mapping[str, str], *, limit: float) -> datetime | None:
    """Ask the STS endpoint of this environment; None without an answer in *limit* seconds.

    Sends nothing but a bare request: no signature, no account.
    """
    from email.utils import parsedate_to_datetime
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    endpoint = environ.get("AWS_ENDPOINT_URL_STS") or environ.get("AWS_ENDPOINT_URL") or DEFAULT_ENDPOINT
    if not endpoint.startswith(("https://", "http://")):
        return None
    try:
        with urlopen(Request(endpoint, method="HEAD"), timeout=limit) as answer:  # noqa: S310 - the scheme is checked
            date = answer.headers.get("Date")
    except HTTPError as refusal:
        date = refusal.headers.get("Date")
        refusal.close()
    except (OSError, HTTPException, ValueError):
        return None
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None
