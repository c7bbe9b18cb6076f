"""What the session cache is asked to do, and for how long its answers are good."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_MIN_TTL = timedelta(minutes=5)  # AWS_MIN_TTL


def find_min_ttl(environ: Mapping[str, str]) -> timedelta:
    """Say how much life a cached session must have left: ``AWS_MIN_TTL``, else five minutes.

    Raises:
        InvalidSettingError: it is no duration.
    """
    from pyvault.config.durations import parse_duration

    text = environ.get("AWS_MIN_TTL")
    return parse_duration(text, what="AWS_MIN_TTL") if text else DEFAULT_MIN_TTL


class CacheMode(Enum):
    """How a retrieval treats sessions that are already there.

    USE takes them; REFRESH fetches every planned step anew and keeps the
    result; OFF neither reads nor writes.
    """

    USE = "use"
    REFRESH = "refresh"
    OFF = "off"
