"""What the session cache is asked to do, and for how long its answers are good."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from pyvault.errors import ItemNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.model import Credentials

DEFAULT_MIN_TTL = timedelta(minutes=5)  # AWS_MIN_TTL


def find_min_ttl(environ: Mapping[str, str]) -> timedelta:
    """Say how much life a cached session must have left: ``AWS_MIN_TTL``, else five minutes.

    Raises:
        InvalidSettingError: it is no duration.
    """
    from pyvault.durations import parse_duration

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


class Sessions(Protocol):
    """The part of the session cache that a retrieval uses."""

    def get(self, key: str, *, min_ttl: timedelta) -> Credentials:
        """Give a session that is good for more than *min_ttl*.

        Raises:
            ItemNotFoundError: there is none. Anything else that is raised
                means that the cache failed, which is not the same.
        """
        ...

    def put(self, key: str, credentials: Credentials, *, profile: str, op: str, root: str | None = None) -> None:
        """Keep a session until it expires."""
        ...


class NoSessions:
    """A cache that keeps nothing."""

    def get(self, key: str, *, min_ttl: timedelta) -> Credentials:
        """Find nothing."""
        del key, min_ttl
        raise ItemNotFoundError("sessions are not kept")

    def put(self, key: str, credentials: Credentials, *, profile: str, op: str, root: str | None = None) -> None:
        """Keep nothing."""
