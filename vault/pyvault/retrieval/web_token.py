"""Web identity tokens: what may be sent to AWS as one, and whose it is."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Final, cast

from pyvault.errors import InvalidSettingError
from pyvault.json_reader import UnreadableError, read_object, read_value

if TYPE_CHECKING:
    from pyvault.secret import Secret

MAX_TOKEN: Final = 20_000  # characters. Source: STS API Reference, WebIdentityToken
KEY_FILE: Final = "pyvault-keyfile-v1:"  # how a key file of a vault begins: pyvault.vaultfile.unlock.key_file
_JWT: Final = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def check_web_token(token: Secret[str], *, what: str) -> None:
    """Refuse what is not a token before it is sent; nothing of it is in the error.

    Args:
        token: trimmed.
        what: the setting that gave it, for the error.

    Raises:
        InvalidSettingError: it is the key file of a vault, too long, or not a JSON Web Token.
    """
    if token.reveal().startswith(KEY_FILE):
        raise InvalidSettingError(f"{what} returned the key file of a vault, which was not sent")
    if len(token) > MAX_TOKEN:
        raise InvalidSettingError(f"{what} returned more than {MAX_TOKEN} characters, too many for a token")
    if not _is_jwt(token):
        raise InvalidSettingError(
            f"{what} did not return a JSON Web Token; nothing was sent",
            hint="AWS accepts an OpenID Connect ID token: three parts of base64url separated by dots",
        )


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


CLAIMS: Final = frozenset({"iss", "sub", "aud", "azp", "amr"})
#: Session tags, which of them are transitive, and the source identity.
OF_AWS: Final = "https://aws.amazon.com/"
PARTS: Final = 3  # header, claims, signature


def token_holder(token: Secret[str]) -> str:
    """Return 64 hex digits, equal for two tokens only if AWS makes the same sessions of them."""
    claims = _claims(token.reveal())
    identity = f"token\0{token.reveal()}" if claims is None else f"claims\0{json.dumps(claims, sort_keys=True)}"
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()


def _claims(token: str) -> dict[str, object] | None:
    """Return the claims that make the session; None if it can't be read as a JWT without doubt."""
    parts = token.split(".")
    if len(parts) != PARTS:
        return None
    try:
        encoded = parts[1].encode("ascii")
        # exact: it is not documented which of two claims of one name AWS uses.
        content = read_value(urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)), exact=True)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    claims = cast("dict[str, object]", content)  # keys of JSON objects are texts
    if not all(isinstance(claims.get(name), str) and claims[name] for name in ("iss", "sub")):
        return None
    return {name: value for name, value in claims.items() if name in CLAIMS or name.startswith(OF_AWS)}
