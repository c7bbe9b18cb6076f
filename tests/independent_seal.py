"""SEAL and OPEN written out from their definition, sharing nothing with the library's recipe.

The hash is an argument because the published boxes come in two instances: ours
with SHA-512, and an earlier one with SHA-256.
"""

from __future__ import annotations

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"
CHUNK = 16384
TAG = 16
KEY = 32


def hkdf_expand(prk: bytes, info: bytes, size: int, digest: str) -> bytes:
    okm, block, counter = b"", b"", 1
    while len(okm) < size:
        block = hmac.digest(prk, block + info + bytes([counter]), digest)
        okm += block
        counter += 1
    return okm[:size]


def _nonce(base: bytes, number: int) -> bytes:
    return (int.from_bytes(base, "big") ^ number).to_bytes(12, "big")


def independent_seal(
    key: bytes, context: bytes, plain: bytes, digest: str = "sha512", salt: bytes | None = None
) -> bytes:
    """Seal; a given *salt* makes the same box again, which only published examples may be."""
    salt = os.urandom(24) if salt is None else salt
    okm = hkdf_expand(key, LABEL + salt + context, 76, digest)
    gcm, base, box = AESGCM(okm[:32]), okm[32:44], salt + okm[44:]
    for number in range(len(plain) // CHUNK + 1):
        box += gcm.encrypt(_nonce(base, number), plain[number * CHUNK : (number + 1) * CHUNK], None)
    return box


def independent_open(key: bytes, context: bytes, box: bytes, digest: str = "sha512") -> bytes:
    if len(key) != KEY:
        raise ValueError("no box has a key of this size")
    salt, commitment, sealed = box[:24], box[24:56], box[56:]
    okm = hkdf_expand(key, LABEL + salt + context, 76, digest)
    if not hmac.compare_digest(commitment, okm[44:]):
        raise ValueError("this box commits to another key")
    gcm, base, plain = AESGCM(okm[:32]), okm[32:44], b""
    step = CHUNK + TAG
    for number in range(len(sealed) // step + 1):
        chunk = sealed[number * step : (number + 1) * step]
        try:
            plain += gcm.decrypt(_nonce(base, number), chunk, None)
        except InvalidTag:
            raise ValueError("this box was modified") from None
    return plain
