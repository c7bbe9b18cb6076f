"""A web identity token: what may be sent to AWS as one, and whose it is."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Final, cast

from pyvault.errors import InvalidSettingError
from pyvault.json_reader import read_value

if TYPE_CHECKING:
    from pyvault.secret import Secret

MAX_TOKEN: Final = 20_000  # characters. Source: STS API Reference, WebIdentityToken
KEY_FILE: Final = "pyvault-keyfile-v1:"  # how a key file of a vault begins: pyvault.vaultfile.unlock.key_file
_JWT: Final = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def check_web_token(token: Secret[str], *, what: str) -> None:
    """Refuse what is no token before it is sent; nothing of it is in the error.

    Args:
        token: trimmed.
        what: the setting that gave it, for the error.

    Raises:
        InvalidSettingError: it is the key file of a vault, too long, or no JSON Web Token.
    """
    if token.reveal().startswith(KEY_FILE):
        raise InvalidSettingError(f"{what} gives the key file of a vault, which opens it; it is sent to nobody")
    if len(token) > MAX_TOKEN:
        raise InvalidSettingError(f"{what} gives over {MAX_TOKEN} characters, which is no token")
    if not _is_jwt(token):
        raise InvalidSettingError(
            f"{what} gives no JSON Web Token, and what it gives was not sent",
            hint="AWS takes an OpenID Connect ID token: three parts of base64url with dots between them",
        )


def _is_jwt(token: Secret[str]) -> bool:
    """Return whether a text has three parts and a header that names an algorithm."""
    import base64

    from pyvault.json_reader import UnreadableError, read_object

    shaped = _JWT.fullmatch(token.reveal())
    if shaped is None:
        return False
    header = shaped[1]
    try:
        return bool(read_object(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))).text("alg"))
    except (UnreadableError, ValueError):
        return False


CLAIMS: Final = frozenset({"iss", "sub", "aud", "azp", "amr"})
#: Session tags, which of them are transitive, and the source identity.
OF_AWS: Final = "https://aws.amazon.com/"
PARTS: Final = 3  # header, claims, signature


def token_holder(token: Secret[str]) -> str:
    """Return 64 hex digits that two tokens have in common only if AWS makes the same sessions of them."""
    claims = _claims(token.reveal())
    told = f"token\0{token.reveal()}" if claims is None else f"claims\0{json.dumps(claims, sort_keys=True)}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _claims(token: str) -> dict[str, object] | None:
    """Return the claims that count; None for what can't be read as a JWT without a doubt."""
    parts = token.split(".")
    if len(parts) != PARTS:
        return None
    try:
        encoded = parts[1].encode("ascii")
        # Which of two claims of one name AWS would take, nobody knows.
        content = read_value(urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)), exact=True)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    claims = cast("dict[str, object]", content)  # keys of JSON objects are texts
    if not all(isinstance(claims.get(name), str) and claims[name] for name in ("iss", "sub")):
        return None
    return {name: value for name, value in claims.items() if name in CLAIMS or name.startswith(OF_AWS)}
