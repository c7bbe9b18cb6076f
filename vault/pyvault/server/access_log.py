"""One line of JSON for each answer, without a token, a role or a foreign path.

Tokens travel in headers, which are never logged. A path is shown only if it was
one of ours: a confused client may have put its token there. Of a refusal stands
there why, in a word of a closed list.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.clock import to_rfc3339

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from pyvault.clock import Clock
    from pyvault.server.answer import Answer
    from pyvault.server.gate import AccessLog
    from pyvault.server.request import Request

_KNOWN = (200, 503)  # the path was found


def make_access_log(write: Callable[[str], object], *, server: str, now: Clock = clock.now) -> AccessLog:
    """Make the log of one server (``ecs``, ``imds``) that gives each line, without its end, to *write*."""

    def log(transport: asyncio.Transport, request: Request | None, answer: Answer) -> None:
        address, port = transport.get_extra_info("peername")[:2]
        line = {
            "time": to_rfc3339(now()),
            "server": server,
            "method": request.method.decode("ascii", "replace") if request is not None else None,
            "path": shown_path(request.path, answer.status) if request is not None else None,
            "status": answer.status,
            "reason": answer.why,
            "peer": f"{address} {port}",
        }
        write(json.dumps(line))

    return log


def shown_path(path: bytes, status: int) -> str | None:
    """Give what may be logged of a path; None for a path that is not ours."""
    if path.startswith(b"/role-arn/"):
        return "/role-arn/"
    return path.decode("ascii", "replace") if status in _KNOWN else None
