"""The bearer token of a server, in a file that its clients read.

SDKs read ``AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`` for each request. An existing
token is reused: a file mounted into a container keeps its content, whatever takes its
name outside. Servers that start together with one new file agree on a token: one
writes it, the others wait and read it.

Every server holds a shared lock on its file. Only with an exclusive lock is the token
written into an empty file, or the file removed; and a server removes only a file that
it created.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError, InsecurePermissionsError, LockTimeoutError, PyvaultError, WriteFailedError
from pyvault.files import descriptor_lock
from pyvault.files.lock import is_at
from pyvault.files.modes import set_mode
from pyvault.secret import Secret
from pyvault.server.endpoints.container_variables import new_token_text

if TYPE_CHECKING:
    from pathlib import Path

SHORTEST_TOKEN = 32  # characters; ours has 64
LONGEST_TOKEN = 1024
PATIENCE = 10.0  # seconds for another server to write its 64 bytes
PAUSE = 0.01  # seconds between two attempts


def new_token() -> Secret[str]:
    """Return a new token."""
    return Secret(new_token_text())


class TokenFile:
    """A token file in use, from :func:`use_token_file`."""

    def __init__(self, path: Path, token: Secret[str], descriptor: int, *, created: bool) -> None:
        self.path = path
        self.token = token
        self._descriptor = descriptor
        self._created = created

    def release(self) -> None:
        """Remove the file if it was created here and no other server uses it; call it once, at the end."""
        if os.name != "posix":
            os.close(self._descriptor)  # Windows itself refuses to remove what another process has open
        with contextlib.suppress(OSError, PyvaultError):
            if self._created and (os.name != "posix" or self._is_unused_by_others()):
                self.path.unlink()
        if os.name == "posix":
            os.close(self._descriptor)

    def _is_unused_by_others(self) -> bool:
        descriptor_lock.lock_exclusive(self._descriptor, f"the token file '{self.path}'", timeout=0)
        return is_at(self._descriptor, self.path)


def use_token_file(path: Path) -> TokenFile:
    """Use the token in the file; write a new one if the file is missing or empty.

    Raises:
        InsecurePermissionsError: others own the file or can read it.
        ConfigError: it contains no token, or can't be read.
        LockTimeoutError: another program keeps it locked.
        WriteFailedError: it can't be written, or the file system knows no locks.
    """
    while True:
        try:
            descriptor, created = _open(path)
        except FileExistsError:  # another server was faster
            continue
        try:
            _check(descriptor, path)
            token = _read_or_write(descriptor, path)
            if is_at(descriptor, path):
                return TokenFile(path, token, descriptor, created=created)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the server that created it has ended meanwhile, and removed it


def _open(path: Path) -> tuple[int, bool]:
    """Open the file, and return whether that created it."""
    # O_NONBLOCK: a planted fifo must not make us hang.
    flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, os.O_RDWR | flags), False
    except FileNotFoundError:
        return _create(path, flags), True
    except OSError as exc:
        if exc.errno in {errno.EACCES, errno.EROFS}:  # an existing token need not be writable
            with contextlib.suppress(OSError):
                return os.open(path, os.O_RDONLY | flags), False
        raise ConfigError(f"can't open the token file '{path}': {exc.strerror}") from exc


def _create(path: Path, flags: int) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, 0o600)
    except FileExistsError:
        raise
    except OSError as exc:
        raise WriteFailedError(f"can't create the token file '{path}': {exc.strerror}") from exc
    try:
        set_mode(descriptor)
        _check(descriptor, path)
    except BaseException:
        path.unlink()
        os.close(descriptor)
        raise
    return descriptor


def _check(descriptor: int, path: Path) -> None:
    """Check the open file: its name may belong to another one by now."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"the token file '{path}' is not a regular file")
    if os.name != "posix":
        return
    if status.st_uid != os.geteuid():
        raise InsecurePermissionsError(
            f"the token file '{path}' belongs to another user, who knows its token", hint="use another file"
        )
    if status.st_nlink > 1:
        raise InsecurePermissionsError(
            f"the token file '{path}' has another hard link, through which others may read the token",
            hint="use another file",
        )
    if status.st_mode & 0o077:
        from pyvault.files.owners import chmod_hint

        hint = chmod_hint("600", path, status.st_uid)
        raise InsecurePermissionsError(f"the token file '{path}' is readable by other users", hint=hint)


def _read_or_write(descriptor: int, path: Path) -> Secret[str]:
    """Return the token, written if need be; from then on the lock is shared."""
    what = f"the token file '{path}'"
    deadline = time.monotonic() + PATIENCE
    while True:
        descriptor_lock.lock_shared(descriptor, what, timeout=PATIENCE)
        if token := _read(descriptor, path):
            return token
        try:
            descriptor_lock.lock_exclusive(descriptor, what, timeout=0)
        except LockTimeoutError:  # another server is about to write, and will share the lock again
            if time.monotonic() > deadline:
                raise ConfigError(f"{what} is empty, but another server uses it", hint="use another file") from None
            time.sleep(PAUSE)
            continue
        token = _read(descriptor, path) or _write(descriptor, path)
        descriptor_lock.lock_shared(descriptor, what, timeout=PATIENCE)
        return token


def _read(descriptor: int, path: Path) -> Secret[str] | None:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        content = os.read(descriptor, LONGEST_TOKEN + 2).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"can't read the token file '{path}'", hint="remove it to get a new one") from None
    if not content:
        return None
    if not SHORTEST_TOKEN <= len(content) <= LONGEST_TOKEN or not content.isprintable() or " " in content:
        raise ConfigError(f"the file '{path}' does not contain a token", hint="remove it to get a new one")
    return Secret(content)


def _write(descriptor: int, path: Path) -> Secret[str]:
    token = new_token()
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        # No newline: SDKs refuse a token with one.
        os.write(descriptor, token.reveal().encode())
        os.fsync(descriptor)
    except OSError as exc:
        raise WriteFailedError(f"can't write the token file '{path}': {exc.strerror}") from exc
    return token
