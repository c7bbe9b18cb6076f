"""Passphrases: one spelling, and where they are read from.

Source: the vault file format, version 1, sections 6 and 8.
"""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

from pyvault.errors import AccessDeniedError, InvalidSettingError
from pyvault.secret import Secret
from pyvault.vaultfile.secretfile import read_all, read_secret_file

if TYPE_CHECKING:
    from pathlib import Path


def normalise(passphrase: Secret[str]) -> Secret[bytes]:
    """Bring a passphrase into the one form that is hashed: NFC, UTF-8.

    Keyboards and systems differ in how they compose an accent.

    Raises:
        InvalidSettingError: empty, or not valid Unicode.
    """
    if not passphrase:
        raise InvalidSettingError("the passphrase is empty")
    try:
        return Secret(unicodedata.normalize("NFC", passphrase.reveal()).encode())
    except UnicodeEncodeError:  # its text would show the passphrase
        raise InvalidSettingError("the passphrase is not valid Unicode") from None


def parse_passphrase(raw: Secret[bytes]) -> Secret[str]:
    """Read a passphrase as it comes from a file, descriptor or pipe.

    Exactly one trailing newline is stripped: editors and ``echo`` add it.

    Raises:
        InvalidSettingError: empty, or not UTF-8.
    """
    try:
        text = Secret(_without_newline(raw.reveal()).decode())
    except UnicodeDecodeError:
        raise InvalidSettingError("the passphrase is not valid UTF-8") from None
    if not text:
        raise InvalidSettingError("the passphrase is empty")
    return text


def read_passphrase_file(path: Path) -> Secret[str]:
    """Read a passphrase file, with the permission rules of :func:`read_secret_file`."""
    return parse_passphrase(read_secret_file(path, "passphrase file"))


def read_passphrase_descriptor(descriptor: int) -> Secret[str]:
    """Read a passphrase from an open descriptor, up to its end; the descriptor stays open.

    Raises:
        AccessDeniedError: it can't be read.
        InvalidSettingError: empty, over-long, or not UTF-8.
    """
    try:
        if os.isatty(descriptor):
            raise InvalidSettingError(f"descriptor {descriptor} is a terminal, not a source of a passphrase")
        return parse_passphrase(read_all(descriptor, f"descriptor {descriptor}"))
    except OSError as exc:
        raise AccessDeniedError(f"can't read the passphrase from descriptor {descriptor}: {exc.strerror}") from exc


def _without_newline(raw: bytes) -> bytes:
    return raw.removesuffix(b"\n").removesuffix(b"\r") if raw.endswith(b"\r\n") else raw.removesuffix(b"\n")
