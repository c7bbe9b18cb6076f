"""What was called, in order: the tests' witness. No secret ever enters it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from .clock import rfc3339

#: Parameters whose values are secrets, or as good as; the log keeps that they were there.
SECRET = frozenset({
    "TokenCode",
    "WebIdentityToken",
    "Session",
    "SigninToken",
    "clientSecret",
    "deviceCode",
    "code",
    "codeVerifier",
    "refreshToken",
    "code_challenge",
    "page",
})  # fmt: skip
REDACTED = "<redacted>"


@dataclass(slots=True, kw_only=True)
class Entry:
    """One call. Until it is answered, *status* is null."""

    seq: int
    time: str  # the world's
    service: str
    op: str
    access_key_id: str | None
    region: str | None
    params: dict[str, str]
    carried_out: bool = False
    answered: bool = False  # False after the end: the answer was lost on purpose
    status: int | None = None
    error: str | None = None
    fault: str | None = None


class CallLog:
    """An append-only list for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._next = 1

    def open(
        self,
        *,
        at: datetime,
        service: str,
        op: str,
        access_key_id: str | None,
        region: str | None,
        params: Mapping[str, str],
    ) -> Entry:
        """Note a call at its arrival."""
        shown = {name: REDACTED if name in SECRET else value for name, value in params.items()}
        with self._lock:
            entry = Entry(
                seq=self._next,
                time=rfc3339(at),
                service=service,
                op=op,
                access_key_id=access_key_id,
                region=region,
                params=shown,
            )
            self._next += 1
            self._entries.append(entry)
        return entry

    def as_json(self, since: int = 0) -> list[dict[str, object]]:
        """Give the calls after number *since*."""
        with self._lock:
            return [asdict(entry) for entry in self._entries if entry.seq > since]

    def clear(self) -> None:
        """Forget the calls; numbers go on, so that an old *since* stays right."""
        with self._lock:
            self._entries.clear()
