"""Whose web identity token it is: what AWS makes of one, beside the role that is asked for.

A session belongs to the holder of the token it was made with. A renewed token of
the same holder finds it again; one that differs in anything that AWS puts into the
session, or lets a role's trust policy decide by, does not. What is no JSON Web Token
of an issuer and a subject stands for itself alone.

Source: IAM User Guide, "Available keys for AWS OIDC federation" (aud, azp, amr,
sub) and "Pass session tags in AWS STS" (the claims of AWS's own, nested or flat);
STS API Reference, AssumeRoleWithWebIdentity; RFC 7519.
"""

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
