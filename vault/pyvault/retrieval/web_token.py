"""Web identity tokens: whose they are."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Final, cast

from pyvault.json_reader import read_value

if TYPE_CHECKING:
    from pyvault.secret import Secret

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
