"""Reading a file that holds a secret, as people and CI systems provide it.

Links are followed: Kubernetes mounts secrets as links. The owner must be root or
the user; nobody else may write. Being readable by others is an error if the user
owns the file, and accepted if root does: Docker mounts secrets that way.
Pipes and descriptors (``/dev/fd/63``) are accepted.

Source: docs/vault-format.md, section 8.
"""

from __future__ import annotations

import codecs
import os
import stat
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyvault.errors import AccessDeniedError, ConfigError, InsecurePermissionsError, InvalidSettingError
from pyvault.files import witness
from pyvault.interruptions import pass_interruption
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

MAX_SECRET_FILE = 64 << 10  # bytes
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # how Windows editors may begin one
KEY_FILE_PREFIX = "pyvault-keyfile-v1:"  # how a key file begins; no other secret can be recognised
#: How the base64 of a key file begins: the form in which CI services often keep one.
ENCODED_PREFIX = "cHl2YXVsdC1rZXlmaWxlLXYxO"
ROOT = 0


def refuse_key_as_path(path: str | Path, what: str) -> None:
    """Refuse the content of a key file in place of its path, because messages show paths.

    Args:
        path: not shown if it is a key.
        what: where it comes from, for the message.

    Raises:
        InvalidSettingError: it is a key.
    """
    if KEY_FILE_PREFIX in str(path) or ENCODED_PREFIX in str(path):
        raise InvalidSettingError(
            f"{what} must be a path, but it contains the key itself",
            hint="PYVAULT_KEY takes the content of a key file; anyone who has seen this one can open the vault with it",
        )


def read_secret_file(path: Path, what: str, *, missing_hint: str | None = None) -> Secret[bytes]:
    """Return the content of a small secret file.

    Args:
        path: a file, a link to one, a pipe or a descriptor's path.
        what: what it is, for messages, such as ``key file``.
        missing_hint: advice if it is missing.

    Raises:
        ConfigError: it isn't there.
        AccessDeniedError: the system refuses.
        InsecurePermissionsError: others could read or change it.
        InvalidSettingError: too long, or a key in place of a path.
    """
    refuse_key_as_path(path, f"the {what}")
    flags = os.O_RDONLY
    for flag in ("O_CLOEXEC", "O_NOINHERIT", "O_BINARY", "O_NOCTTY"):
        flags |= getattr(os, flag, 0)
    with _reaching(path, what, missing_hint):
        descriptor = os.open(path, flags)
    try:
        try:
            status = os.fstat(descriptor)
            if witness.current is not None:
                witness.current.saw_file(path, status)
                if not stat.S_ISREG(status.st_mode):
                    witness.current.lose_sight()  # a later command has to read it too
            check_secret_file(status, path, what)
            return read_all(descriptor, f"the {what} '{path}'")
        finally:
            os.close(descriptor)
    except OSError as exc:
        pass_interruption(exc)
        raise AccessDeniedError(f"can't read the {what} '{path}': {exc.strerror}") from exc


def check_there(path: Path, what: str) -> None:
    """Check that a secret file exists, without reading it: a pipe can be read only once.

    Raises:
        ConfigError: it isn't there.
        AccessDeniedError: the system refuses.
        InvalidSettingError: it is a key instead of a path.
    """
    refuse_key_as_path(path, f"the {what}")
    with _reaching(path, what, None):
        path.stat()


def read_all(descriptor: int, what: str) -> Secret[bytes]:
    """Return everything up to the end, at most 64 KiB.

    Raises:
        InvalidSettingError: longer than that.
        OSError: as the system says.
    """
    content = Secret(b"")
    while part := Secret(os.read(descriptor, MAX_SECRET_FILE)):
        content = Secret(content.reveal() + part.reveal())
        if len(content) > MAX_SECRET_FILE:
            raise InvalidSettingError(f"{what} is too long to be a secret")
    return content


@contextmanager
def _reaching(path: Path, what: str, missing_hint: str | None) -> Generator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ConfigError(f"there is no {what} '{path}'", hint=missing_hint) from None
    except OSError as exc:
        pass_interruption(exc)
        raise AccessDeniedError(f"can't open the {what} '{path}': {exc.strerror}") from exc


def check_secret_file(status: os.stat_result, path: Path, what: str) -> None:
    """Refuse an open file that others could read or change.

    Raises:
        InsecurePermissionsError: its owner or mode lets them.
    """
    if sys.platform == "win32" or not stat.S_ISREG(status.st_mode):
        return  # a pipe is private to the processes that hold its ends
    from pyvault.files.owners import chmod_hint, ownership_hint

    if status.st_uid not in {os.geteuid(), ROOT}:
        hint = ownership_hint(status.st_uid, path)
        raise InsecurePermissionsError(f"the {what} '{path}' belongs to user {status.st_uid}", hint=hint)
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        hint = chmod_hint("go-w", path, status.st_uid)
        raise InsecurePermissionsError(f"the {what} '{path}' is writable by other users", hint=hint)
    if status.st_mode & (stat.S_IRGRP | stat.S_IROTH) and status.st_uid != ROOT:
        hint = chmod_hint("600", path, status.st_uid)
        raise InsecurePermissionsError(f"the {what} '{path}' is readable by other users", hint=hint)
