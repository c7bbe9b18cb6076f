"""Proof that a request comes from the program that signed in: a key of its own, and a signature for each request.

A refresh token that somebody copies is worth nothing without the key.

Source: RFC 9449 (DPoP), sections 4.2 and 4.3; RFC 7518, section 3.4 (ES256 is r and s, 32 bytes each).
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from pyvault.json_reader import UnreadableError
from pyvault.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

COORDINATE = 32  # bytes of a number of P-256
HEADER = "DPoP"


def new_key() -> Secret[str]:
    """Draw a key, as the PEM text that the AWS CLI writes too."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode("ascii"))


def check_key(key: Secret[str]) -> None:
    """Refuse what is no key.

    Raises:
        UnreadableError: it is not a P-256 key in PEM without a passphrase.
    """
    _loaded(key)


def proof(key: Secret[str], *, method: str, url: str, at: datetime, number: str) -> Secret[str]:
    """Return the proof for one request.

    Args:
        key: of the session.
        method: of the request.
        url: of the request; its query is no part of the proof.
        at: the time; AWS refuses a proof that is too old or too new.
        number: never used before.

    Raises:
        UnreadableError: the key is none.
    """
    private = _loaded(key)
    public = private.public_key().public_numbers()
    coordinates = {"x": _number(public.x), "y": _number(public.y)}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", **coordinates}}
    target = url.partition("#")[0].partition("?")[0]
    claims = {"htm": method, "htu": target, "iat": int(at.timestamp()), "jti": number}
    signed = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    r, s = decode_dss_signature(private.sign(signed.encode("ascii"), ec.ECDSA(hashes.SHA256())))
    return Secret(f"{signed}.{_encoded(r.to_bytes(COORDINATE) + s.to_bytes(COORDINATE))}")


def _loaded(key: Secret[str]) -> ec.EllipticCurvePrivateKey:
    try:
        private = load_pem_private_key(key.reveal().encode("ascii"), password=None)
    except (ValueError, TypeError):  # TypeError: it has a passphrase
        private = None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise UnreadableError("the key of the session is not a P-256 key")
    return private


def _number(value: int) -> str:
    return _encoded(value.to_bytes(COORDINATE))


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
