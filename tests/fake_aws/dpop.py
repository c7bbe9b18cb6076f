"""Proofs of possession: the ``DPoP`` header of a request, checked to the letter.

Source: RFC 9449, sections 4.2 and 4.3; RFC 7638 (the thumbprint of a key).
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

from .json_shape import is_object
from .message import Request
from .p256 import is_signature

#: How far the time of a proof may be from the clock, either way.
WINDOW = timedelta(minutes=5)


class ProofError(Exception):
    """The proof is none, or not one of this request."""


def thumbprint(request: Request, url: str, *, now: datetime, seen: set[str]) -> str:
    """Check the proof of a request and give the thumbprint of its key; its ``jti`` is good once.

    Raises:
        ProofError: it is missing, malformed, for another request, too old, or was used before.
    """
    given = [value for name, value in request.headers if name == "dpop"]
    if len(given) != 1:
        raise ProofError("one DPoP header is needed")
    parts = given[0].split(".")
    if len(parts) != 3:
        raise ProofError("the proof is not a JWT")
    header, claims = _object(parts[0]), _object(parts[1])
    if header.get("typ") != "dpop+jwt" or header.get("alg") != "ES256":
        raise ProofError("typ must be dpop+jwt and alg ES256")
    jwk = header.get("jwk")
    if not is_object(jwk) or set(jwk) != {"kty", "crv", "x", "y"} or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise ProofError("jwk must be a public P-256 key and nothing else")
    x, y = (_decoded(str(jwk[name])) for name in ("x", "y"))
    if len(x) != 32 or len(y) != 32:
        raise ProofError("a coordinate has 32 bytes")
    point = (int.from_bytes(x), int.from_bytes(y))
    if not is_signature(point, f"{parts[0]}.{parts[1]}".encode(), _decoded(parts[2])):
        raise ProofError("the signature is not that of the key")
    if claims.get("htm") != request.method or claims.get("htu") != url:
        raise ProofError("the proof is for another method or URL")
    issued, jti = claims.get("iat"), claims.get("jti")
    if not isinstance(issued, int) or abs(now - datetime.fromtimestamp(issued, UTC)) > WINDOW:
        raise ProofError("iat is too far from the present time")
    if not isinstance(jti, str) or not jti or jti in seen:
        raise ProofError("jti is missing or was used before")
    seen.add(jti)
    canonical = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    if not text.isascii() or "=" in text:
        raise ProofError("base64url has no padding")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise ProofError("not base64url") from None


def _object(text: str) -> dict[str, object]:
    try:
        found: object = json.loads(_decoded(text))
    except ValueError:
        raise ProofError("not JSON") from None
    if not is_object(found):
        raise ProofError("not an object")
    return dict(found)
