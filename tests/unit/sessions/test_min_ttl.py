"""``AWS_MIN_TTL``: how much life a cached session must have left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pyvault.errors import InvalidSettingError
from pyvault.sessions.cache import find_min_ttl


@pytest.mark.parametrize(
    ("environ", "minutes"),
    [({}, 5), ({"AWS_MIN_TTL": "15m"}, 15), ({"AWS_MIN_TTL": "600"}, 10), ({"AWS_MIN_TTL": ""}, 5)],
)
def test_the_value_that_holds(environ: dict[str, str], minutes: int) -> None:
    assert find_min_ttl(environ) == timedelta(minutes=minutes)


def test_what_is_no_duration_is_named() -> None:
    with pytest.raises(InvalidSettingError, match="AWS_MIN_TTL"):
        find_min_ttl({"AWS_MIN_TTL": "soon"})
