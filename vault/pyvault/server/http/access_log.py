"""The access log: a line of JSON for each answer, without tokens, roles or unknown paths; private and bounded."""

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

_PATH_FOUND = (200, 503)


def make_access_log(write: Callable[[str], object], *, server: str, now: Clock = clock.now) -> AccessLog:
    """Return the log of one server (``ecs``, ``imds``), which passes each line, without its end, to *write*."""

    def log(transport: asyncio.Transport, request: Request | None, answer: Answer) -> None:
        address, port = transport.get_extra_info("peername")[:2]
        line = {
            "time": to_rfc3339(now()),
            "server": server,
            "method": request.method.decode("ascii", "replace") if request is not None else None,
            "path": shown_path(request.path, answer.status) if request is not None else None,
            "status": answer.status,
            "reason": answer.reason,
            "peer": f"{address} {port}",
        }
        write(json.dumps(line))

    return log


def shown_path(path: bytes, status: int) -> str | None:
    """Return what may be logged of a path; None for an unknown one."""
    if path.startswith(b"/role-arn/"):
        return "/role-arn/"
    return path.decode("ascii", "replace") if status in _PATH_FOUND else None


#: Bytes of one file; with the one before it twice as much. A line has about 150.
MAX_LOG: Final = 8 << 20
_APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT


class LogFile:
    """An access log; calling it appends a line.

    A line that can't be written is left out; the first time, a person is warned.
    """

    def __init__(self, path: Path, *, tell: Callable[[str], object], limit: int = MAX_LOG) -> None:
        """Open the file, or make it.

        Args:
            path: of the file.
            tell: shows a person a warning.
            limit: bytes that the file may have.

        Raises:
            ConfigError: it can't be opened, or is not a regular file.
            InsecurePermissionsError: it is a link, has another hard link, or is accessible to others.
        """
        self._path = path.absolute()  # the working directory may have changed when the log is rotated
        self._tell = tell
        self._limit = limit
        self._warned = False
        self._descriptor = self._open()

    def __call__(self, line: str) -> None:
        """Append a line, which has no line end of its own."""
        data = f"{line}\n".encode()
        try:
            if os.fstat(self._descriptor).st_size + len(data) > self._limit:
                self._rotate()
            os.write(self._descriptor, data)
        except OSError as exc:  # a full disk must not hold back the answer
            self._warn(exc.strerror or type(exc).__name__)
        except PyvaultError as problem:
            self._warn(problem.message)

    def _rotate(self) -> None:
        """Rename the full file, unless another server has done so, and open the one that has its name now.

        Raises:
            OSError: the directory is not writable; the log stops at this size.
            PyvaultError: what has the name now can't be used as a log.
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

    def _warn(self, reason: str) -> None:
        if not self._warned:
            self._warned = True
            self._tell(f"can't write the access log '{self._path}': {reason}; requests are served without being logged")
