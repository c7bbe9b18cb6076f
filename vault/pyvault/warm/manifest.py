"""What an answer was made from, and whether that is still so.

A file is known by its status: any change of content, owner or mode has another ctime,
which nobody but the clock's owner sets. Small ones are known by their bytes too, since
clocks tick coarsely. A directory is known by who it belongs to and who may write in it.
"""

import os
import stat
from _blake2 import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Of a row: a file, a file that no link may stand for, nothing, a directory, a link on the way to one.
FILE, BARE_FILE, NOTHING, DIRECTORY, STEP = b"f", b"b", b"n", b"d", b"s"
ROW = 4  # kind, path, status, hash of the first bytes behind their number
NUMBER = 4
DIGEST = 32
READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
BARE = getattr(os, "O_NOFOLLOW", 0)


def file_status(status: os.stat_result) -> bytes:
    """Return what identifies a state of a file."""
    return b"%d %d %d %d %d %d %d %d" % (
        status.st_dev,
        status.st_ino,
        status.st_uid,
        status.st_gid,
        status.st_mode,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def directory_status(status: os.stat_result) -> bytes:
    """Return what identifies a directory and who may write in it."""
    return b"%d %d %d %d %d" % (status.st_dev, status.st_ino, status.st_uid, status.st_gid, status.st_mode)


def fingerprint(content: bytes) -> bytes:
    """Return the number of bytes, and their hash."""
    return len(content).to_bytes(NUMBER, "big") + blake2b(content, digest_size=DIGEST).digest()


def is_unchanged(rows: list[bytes]) -> bool:
    """Return whether everything is as it was.

    Args:
        rows: four fields for each place.
    """
    try:
        return all(_holds(*row) for row in _rows(rows))
    except OSError:
        return False


def _rows(fields: list[bytes]) -> "Iterator[tuple[bytes, bytes, bytes, bytes]]":
    each = iter(fields)
    return zip(each, each, each, each, strict=True)


def _holds(kind: bytes, path: bytes, status: bytes, digest: bytes) -> bool:
    if kind == NOTHING:
        return _is_missing(path)
    if kind == DIRECTORY:
        return directory_status(os.stat(path)) == status
    if kind == STEP:  # the number of an old link is reused at once, so its times count
        return file_status(os.lstat(path)) == status
    if kind in {FILE, BARE_FILE}:
        if not digest:
            return file_status(os.stat(path, follow_symlinks=kind == FILE)) == status
        return _holds_bytes(path, status, digest, link=kind == FILE)
    return False


def _is_missing(path: bytes) -> bool:
    try:
        os.stat(path)
    except FileNotFoundError:
        return True
    return False


def _holds_bytes(path: bytes, status: bytes, digest: bytes, *, link: bool) -> bool:
    descriptor = os.open(path, READ if link else READ | BARE)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or file_status(found) != status:
            return False
        return fingerprint(os.read(descriptor, int.from_bytes(digest[:NUMBER], "big"))) == digest
    finally:
        os.close(descriptor)
