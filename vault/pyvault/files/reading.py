"""Read a small file that may be anything: bounded in size, and never waiting for a pipe.

State files, settings and the AWS files are read here. A FIFO without a writer would
hang the command, a device or a sparse file would fill the memory.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from pyvault.files import witness
from pyvault.files.retry import retry_while_in_use
from pyvault.interruptions import pass_interruption

if TYPE_CHECKING:
    from pathlib import Path

KINDS = (
    (stat.S_ISDIR, errno.EISDIR, "it is a directory"),
    (stat.S_ISFIFO, errno.EINVAL, "it is a pipe and not a file"),
    (stat.S_ISSOCK, errno.EINVAL, "it is a socket and not a file"),
    (stat.S_ISCHR, errno.EINVAL, "it is a device and not a file"),
    (stat.S_ISBLK, errno.EINVAL, "it is a device and not a file"),
)
FLAGS = ("O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY", "O_BINARY", "O_NOINHERIT")


def read_file(path: Path, limit: int) -> bytes:
    """Return the bytes of a file; links are followed, the null device is an empty file.

    Args:
        path: a regular file.
        limit: the maximum size in bytes.

    Raises:
        FileNotFoundError, NotADirectoryError: there is no such file.
        OSError: it is not a regular file, is longer than *limit*, or can't be read; ``strerror`` is
            a text for people.
        ValueError: the path contains a NUL.
    """
    flags = os.O_RDONLY
    for name in FLAGS:  # each where the system has it
        flags |= getattr(os, name, 0)
    try:
        descriptor = retry_while_in_use(lambda: os.open(path, flags))
    except OSError as exc:
        if witness.current is not None:
            note_failure(path, exc)
        if exc.errno == errno.ENXIO:  # a socket can't be opened
            raise OSError(errno.EINVAL, "it is a socket and not a file", str(path)) from None
        raise
    try:
        status = os.fstat(descriptor)
        if witness.current is not None:
            witness.current.saw_file(path, status)
        if stat.S_ISCHR(status.st_mode) and _is_null(status):
            return b""
        _refuse(status, path, limit)
        content = _read(descriptor, path, limit)
    finally:
        os.close(descriptor)
    if witness.current is not None:
        witness.current.saw_bytes(path, content)
    return content


def refuse_special(status: os.stat_result, path: Path) -> None:
    """Refuse a directory, a pipe, a socket and a device.

    Raises:
        OSError: it is one; ``strerror`` is a text for people.
    """
    for is_kind, number, reason in KINDS:
        if is_kind(status.st_mode):
            raise OSError(number, reason, str(path))


def _refuse(status: os.stat_result, path: Path, limit: int) -> None:
    refuse_special(status, path)
    if status.st_size > limit:
        raise _too_long(path, limit)


def note_failure(path: Path, problem: OSError) -> None:
    """Tell the witness that a file can't be opened: it is not there, or something that can't be noted."""
    if witness.current is None:
        return
    if isinstance(problem, FileNotFoundError):
        witness.current.saw_nothing(path)
    else:
        witness.current.lose_sight()


def _read(descriptor: int, path: Path, limit: int) -> bytes:
    """Return all up to the end: files in /proc have size 0, and any other may grow meanwhile."""
    content = b""
    while part := os.read(descriptor, max(limit + 1 - len(content), 1)):
        content += part
        if len(content) > limit:
            raise _too_long(path, limit)
    return content


def _is_null(status: os.stat_result) -> bool:
    try:
        return os.path.samestat(status, os.stat(os.devnull))  # noqa: PTH116 - devnull is text
    except OSError as exc:
        pass_interruption(exc)
        return False


def _too_long(path: Path, limit: int) -> OSError:
    return OSError(errno.EFBIG, f"it has more than {limit} bytes", str(path))
