"""Passphrases: one spelling, and where they are read from.

Source: docs/vault-format.md, sections 6 and 8.
"""

from __future__ import annotations

import codecs
import os
import unicodedata
from typing import TYPE_CHECKING

from pyvault.errors import AccessDeniedError, InvalidSettingError
from pyvault.secret import Secret
from pyvault.vaultfile.secretfile import read_all, read_secret_file

if TYPE_CHECKING:
    from pathlib import Path


BOM = "\ufeff"  # editors of Windows put it before UTF-8; nobody ever typed one
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def normalise(passphrase: Secret[str]) -> Secret[bytes]:
    """Bring a passphrase into the one form that is hashed: NFC, UTF-8, without a byte order mark.

    Keyboards and systems differ in how they compose an accent.

    Raises:
        InvalidSettingError: empty, or not valid Unicode.
    """
    passphrase = Secret(passphrase.reveal().removeprefix(BOM))
    if not passphrase:
        raise InvalidSettingError("the passphrase is empty")
    try:
        return Secret(unicodedata.normalize("NFC", passphrase.reveal()).encode())
    except UnicodeEncodeError:  # its text would show the passphrase
        raise InvalidSettingError("the passphrase is not valid Unicode") from None


def parse_passphrase(raw: Secret[bytes]) -> Secret[str]:
    """Read a passphrase as it comes from a file, descriptor or pipe.

    What editors and ``echo`` add is taken away, see :func:`as_typed`.

    Raises:
        InvalidSettingError: empty, or not UTF-8.
    """
    if raw.reveal().startswith(UTF_16):
        raise InvalidSettingError("the passphrase is UTF-16", hint="save the file as UTF-8")
    try:
        text = as_typed(Secret(raw.reveal().decode()))
    except UnicodeDecodeError:
        raise InvalidSettingError("the passphrase is not valid UTF-8") from None
    if not text:
        raise InvalidSettingError("the passphrase is empty")
    return text


def as_typed(text: Secret[str]) -> Secret[str]:
    """Return a passphrase as a person would type it: no byte order mark before it, and no line end behind it.

    Exactly one line end goes, as Unix, Windows or the old Mac writes it: more of them are part of the passphrase.
    """
    body = text.reveal().removeprefix(BOM)
    for end in ("\r\n", "\n", "\r"):
        if body.endswith(end):
            return Secret(body.removesuffix(end))
    return Secret(body)


def outer_blanks(passphrase: Secret[str]) -> str | None:
    """Return what to tell a person whose new passphrase begins or ends with a blank; None if it does not."""
    if passphrase.reveal() == passphrase.reveal().strip():
        return None
    return "the new passphrase begins or ends with a blank, which is a part of it"


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
