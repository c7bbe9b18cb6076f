"""The session tokens of the metadata service.

A token says when it ends and proves that we made it (HMAC-SHA256 under a key of
this process). Nothing is stored, so nobody can fill a table or push another
client's token out of it.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

#: Source: AWS, "Use the Instance Metadata Service": 1 second to 6 hours.
SHORTEST_TTL = 1
LONGEST_TTL = 21600

_END = struct.Struct(">d")
_NONCE_BYTES = 16
_TAG_BYTES = 32
_TOKEN_BYTES = _END.size + _NONCE_BYTES + _TAG_BYTES


class TokenMint:
    """Makes and checks session tokens."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def issue(self, ttl: int, *, at: datetime) -> str:
        """Make a token that ends *ttl* seconds after *at*."""
        body = _END.pack(at.timestamp() + ttl) + secrets.token_bytes(_NONCE_BYTES)
        return urlsafe_b64encode(body + self._tag(body)).decode()

    def is_valid(self, token: bytes, *, at: datetime) -> bool:
        """Say whether we made this token and it has not ended."""
        try:
            raw = urlsafe_b64decode(token)
        except ValueError:
            return False
        # The decoder skips foreign characters: one token has one spelling only.
        if len(raw) != _TOKEN_BYTES or urlsafe_b64encode(raw) != token:
            return False
        body, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
        return hmac.compare_digest(tag, self._tag(body)) and at.timestamp() < _END.unpack_from(body)[0]

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")


def parse_ttl(text: bytes | None) -> int | None:
    """Read the seconds a client asks for; None if missing or out of bounds."""
    if text is None or not text.isdigit() or len(text) > 5:
        return None
    ttl = int(text)
    return ttl if SHORTEST_TTL <= ttl <= LONGEST_TTL else None
