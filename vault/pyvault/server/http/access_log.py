"""One line of JSON for each answer, without a token, a role or a foreign path; in a private file of a bounded size."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pyvault import clock
from pyvault.clock import to_rfc3339
from pyvault.errors import ConfigError, PyvaultError
from pyvault.files.lock import is_at
from pyvault.files.private import open_private_file

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from pathlib import Path

    from pyvault.clock import Clock
    from pyvault.server.http.admission import AccessLog
    from pyvault.server.http.request import Request
    from pyvault.server.http.response import Answer

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


#: Bytes of one file; with the one before it twice as much. A line has about 150.
MAX_LOG: Final = 8 << 20
_APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT


class LogFile:
    """An access log; calling it appends a line.

    A line that can't be written is left out; the first such is told.
    """

    def __init__(self, path: Path, *, tell: Callable[[str], object], limit: int = MAX_LOG) -> None:
        """Open the file, or make it.

        Args:
            path: where it is.
            tell: tells a person.
            limit: how many bytes a file may have.

        Raises:
            ConfigError: it can't be opened, or is no plain file.
            InsecurePermissionsError: it is a link, has a second name, or is open to others.
        """
        self._path = path.absolute()  # the working directory may be another one when a new file begins
        self._tell = tell
        self._limit = limit
        self._told = False
        self._descriptor = self._open()

    def __call__(self, line: str) -> None:
        """Append a line, which has no line end of its own."""
        data = f"{line}\n".encode()
        try:
            if os.fstat(self._descriptor).st_size + len(data) > self._limit:
                self._begin_anew()
            os.write(self._descriptor, data)
        except OSError as exc:  # a full disk must not keep the answer back
            self._leave_out(exc.strerror or type(exc).__name__)
        except PyvaultError as problem:
            self._leave_out(problem.message)

    def _begin_anew(self) -> None:
        """Put the full file aside, unless another server has done so, and open the one that has its name now.

        Raises:
            OSError: the directory can't be written; the file gets no longer.
            PyvaultError: what has the name now is no file for a log.
        """
        if is_at(self._descriptor, self._path):
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        fresh = self._open()
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = fresh

    def _open(self) -> int:
        try:
            return open_private_file(self._path, _APPEND, what=f"the access log '{self._path}'", device=True)
        except OSError as exc:
            raise ConfigError(f"can't write the access log '{self._path}': {exc.strerror}") from exc

    def _leave_out(self, reason: str) -> None:
        if not self._told:
            self._told = True
            self._tell(f"can't write the access log '{self._path}': {reason}; requests are answered without it")
