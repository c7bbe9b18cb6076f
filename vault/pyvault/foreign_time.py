"""Times as other programs write them, parsed more leniently than our own.

Apart from :mod:`pyvault.clock`, because only reading a command's output, a container's
answer or another tool's file needs it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pyvault.clock import parse_rfc3339

#: After the time: in old AWS tools (``...00UTC``), and in Go (``... +0000 UTC``).
_ZONE = re.compile(r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?\s*UTC", re.ASCII)
#: Source: RFC 9110, section 5.6.7: the current and the two obsolete forms.
_HTTP_DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)("
    r", \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|"
    r"[a-z]{3,6}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT|"
    r" [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})",
    re.ASCII,
)


def parse_foreign_time(text: str) -> datetime:
    """Return a time in RFC 3339, with ``UTC`` in place of an offset, or as an HTTP date.

    Raises:
        ValueError: not a time, or without an offset.
    """
    text = text.strip()
    if _HTTP_DATE.fullmatch(text):
        return _from_http_date(text)
    if zone := _ZONE.search(text):
        if zone.end() != len(text):
            raise ValueError("there is something after 'UTC'")
        text = text[: zone.start()] + (zone["offset"] or "Z")
    return parse_rfc3339(text)


def _from_http_date(text: str) -> datetime:
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, OverflowError):
        raise ValueError("not a time") from None
