"""Times of others, read strictly."""

from __future__ import annotations

import pytest

from pyvault.clock import parse_rfc3339, to_rfc3339


def test_a_time_with_any_offset_is_given_in_utc() -> None:
    assert to_rfc3339(parse_rfc3339("2026-01-01T01:30:00+01:30")) == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_what_is_no_time_or_none_in_utc_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_rfc3339(text)
