"""What may be sent to AWS as a web identity token."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Final

from pyvault.errors import ConfigError, InvalidSettingError
from pyvault.interruptions import pass_interruption
from pyvault.json_reader import UnreadableError, read_object
from pyvault.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

MAX_TOKEN: Final = 20_000  # characters. Source: STS API Reference, WebIdentityToken
KEY_FILE: Final = "pyvault-keyfile-v1:"  # how a key file of a vault begins: pyvault.vaultfile.unlock.key_file
MAX_FILE: Final = 2 * MAX_TOKEN  # bytes; includes surrounding white space
_JWT: Final = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def check_web_token(token: Secret[str], *, what: str) -> None:
    """Refuse what is not a token before it is sent; nothing of it is in the error.

    Args:
        token: trimmed.
        what: the setting that gave it, for the error.

    Raises:
        InvalidSettingError: it is the key file of a vault, too long, or not a JSON Web Token.
    """
    refuse_key_file(token, what=what)
    if len(token) > MAX_TOKEN:
        raise InvalidSettingError(f"{what} returned more than {MAX_TOKEN} characters, too many for a token")
    if not _is_jwt(token):
        raise InvalidSettingError(
            f"{what} did not return a JSON Web Token; nothing was sent",
            hint="AWS accepts an OpenID Connect ID token: three parts of base64url separated by dots",
        )


def refuse_key_file(token: Secret[str], *, what: str) -> None:
    """Refuse the key file of a vault in place of a token.

    Raises:
        InvalidSettingError: it is one.
    """
    if token.reveal().startswith(KEY_FILE):
        raise InvalidSettingError(f"{what} returned the key file of a vault, which was not sent")


def _is_jwt(token: Secret[str]) -> bool:
    """Return whether a text has three parts and a header that names an algorithm."""
    shaped = _JWT.fullmatch(token.reveal())
    if shaped is None:
        return False
    header = shaped[1]
    try:
        return bool(read_object(urlsafe_b64decode(header + "=" * (-len(header) % 4))).text("alg"))
    except (UnreadableError, ValueError):
        return False


def read_web_token(path: Path, *, setting: str) -> Secret[str]:
    """Return what a token file has, trimmed: editors, shells and mounts end it with a newline, which AWS refuses.

    Args:
        path: of the file.
        setting: what names it, for the error.

    Raises:
        ConfigError: it can't be read.
    """
    from pyvault.files.reading import read_file

    try:
        return Secret(read_file(path, MAX_FILE).decode().strip())
    except OSError as exc:
        pass_interruption(exc)
        raise ConfigError(f"the {setting} '{path}' can't be read: {exc.strerror}") from exc
    except UnicodeDecodeError:  # it keeps the bytes
        raise ConfigError(f"the {setting} '{path}' is not text") from None
