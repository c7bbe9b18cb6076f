"""Times as other programs write them."""

from __future__ import annotations

import pytest

from pyvault.clock import to_rfc3339
from pyvault.foreign_time import parse_foreign_time


@pytest.mark.parametrize(
    "text",
    [
        "2099-01-01T00:00:00Z",
        "2099-01-01T00:00:00UTC",
        "2099-01-01T00:00:00 UTC",
        "2099-01-01T00:00:00ZUTC",
        "2099-01-01T01:30:00+01:30 UTC",
        "2099-01-01 00:00:00 +0000 UTC",
        "2099-01-01 00:00:00.25 +0000 UTC",
        " 2099-01-01T00:00:00.123456Z\n",
        "Thu, 01 Jan 2099 00:00:00 GMT",
        "Thu Jan  1 00:00:00 2099",
    ],
)
def test_a_moment_in_any_of_their_forms(text: str) -> None:
    assert to_rfc3339(parse_foreign_time(text)) == "2099-01-01T00:00:00Z"


def test_the_http_date_with_two_digits_of_the_year() -> None:
    assert to_rfc3339(parse_foreign_time("Sunday, 06-Nov-94 08:49:37 GMT")) == "1994-11-06T08:49:37Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UTC",
        "soon",
        "soonUTC",
        "2099-01-01T00:00:00",
        "2099-01-01T00:00:00UTC+2",
        "2099-01-01T00:00:00 CET",
        "Thu, 01 Jan 2099 00:00:00",
        "Thu, 01 Jan 2099 00:00:00 CET",
        "Thu, 41 Jan 2099 00:00:00 GMT",
        "9999-12-31T23:59:59-14:00UTC",
    ],
)
def test_what_is_no_time_or_of_an_unknown_zone_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_foreign_time(text)
