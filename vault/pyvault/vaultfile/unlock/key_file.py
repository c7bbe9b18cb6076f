"""Key files: 32 random bytes that open a vault without any KDF cost, for CI.

The text is ``pyvault-keyfile-v1:<base64>`` and a newline.

Source: docs/vault-format.md, section 4, slot type 2.
"""

from __future__ import annotations

import binascii
import codecs
import os
from typing import TYPE_CHECKING

from pyvault.errors import InsecurePermissionsError, InvalidSettingError, VaultExistsError
from pyvault.interruptions import pass_interruption
from pyvault.sealing import KEY_SIZE
from pyvault.secret import Secret
from pyvault.vaultfile.disk.secret_file import (
    KEY_FILE_PREFIX,
    UTF_16,
    check_secret_file,
    read_secret_file,
    refuse_key_as_path,
)

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = KEY_FILE_PREFIX.encode()


def read_key_file(path: Path, *, missing_hint: str | None = None) -> Secret[bytes]:
    """Return the 32-byte key in a key file.

    Args:
        path: of the file.
        missing_hint: advice if it is missing; :func:`how_to_make` where there is no vault yet.

    Raises:
        ConfigError: it isn't there.
        InvalidSettingError: it isn't a key file.
        InsecurePermissionsError: others could read or change it.
    """
    return parse_key(read_secret_file(path, "key file", missing_hint=missing_hint), f"'{path}'")


def how_to_make(path: Path) -> str:
    """Return how to create a key file together with a new vault."""
    from pyvault.surface import option

    made_with = option("create_keyfile", path) or f"pyvault.create_vault(..., keyfile='{path}')"
    return f"create it and the vault with {made_with}"


def without_a_person() -> str:
    """Return what to do where nobody can type a passphrase for a new vault."""
    from pyvault.surface import option

    made_with = (
        f"'{option('create_keyfile')} FILE'" if option("create_keyfile") else "pyvault.create_vault(keyfile=...)"
    )
    return (
        f"{made_with} makes a vault that a file opens, for jobs; PYVAULT_BACKEND=memory keeps nothing, and needs none"
    )


def parse_key(text: Secret[bytes], source: str) -> Secret[bytes]:
    """Return the key in the content of a key file.

    Args:
        text: the content.
        source: where it comes from, for messages.

    Raises:
        InvalidSettingError: it isn't one.
    """
    body = Secret(text.reveal().removeprefix(codecs.BOM_UTF8).strip())
    if body.reveal().startswith(UTF_16):
        raise InvalidSettingError(f"{source} is UTF-16", hint="save it as UTF-8")
    if not body:
        raise InvalidSettingError(f"{source} is empty (is the secret set?)")
    if not body.reveal().startswith(PREFIX):
        raise InvalidSettingError(f"{source} is not a pyvault key file")
    try:
        key = Secret(binascii.a2b_base64(body.reveal()[len(PREFIX) :], strict_mode=True))
    except ValueError:
        raise InvalidSettingError(f"the key in {source} is damaged") from None
    if len(key) != KEY_SIZE:
        raise InvalidSettingError(f"the key in {source} is damaged")
    return key


def create_key_file(path: Path) -> Secret[bytes]:
    """Create a key file with mode 0600, and return its key.

    Raises:
        VaultExistsError: something is already there; it is never overwritten.
        WriteFailedError: it can't be written.
        InsecurePermissionsError: others could read it, as its file system has no permissions.
        InvalidSettingError: it is a key instead of a path.
    """
    import secrets

    from pyvault.files.atomic import sync_directory, writing
    from pyvault.files.modes import set_mode

    refuse_key_as_path(path, "the key file")
    key = Secret(secrets.token_bytes(KEY_SIZE))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    for flag in ("O_CLOEXEC", "O_NOFOLLOW", "O_NOINHERIT", "O_BINARY"):
        flags |= getattr(os, flag, 0)
    with writing(path):
        try:
            descriptor = os.open(path, flags, 0o600)
        except FileExistsError:
            raise VaultExistsError(f"the key file '{path}' already exists") from None
        try:
            # Short enough for one write; a half-written one is refused when it is read.
            set_mode(descriptor)
            check_secret_file(os.fstat(descriptor), path, "key file")  # refuse now what reading would refuse later
            os.write(descriptor, PREFIX + binascii.b2a_base64(key.reveal()))
            os.fsync(descriptor)
        except (OSError, InsecurePermissionsError) as exc:
            pass_interruption(exc)
            path.unlink()
            raise
        finally:
            os.close(descriptor)
        sync_directory(path.parent)
    return key
