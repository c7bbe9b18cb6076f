"""Tokens of the outside identity provider: shaped like JWTs, valid because they were issued here."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta

from .model import WebIdentity
from .world import World


def issue_web_token(world: World, *, issuer: str, subject: str, audience: str, lifetime: timedelta) -> str:
    """Issue a token; a negative lifetime gives one that has expired already."""
    now = world.now()
    identity = WebIdentity(
        provider=issuer.removeprefix("https://"), subject=subject, audience=audience, expires=now + lifetime
    )
    claims = {
        "iss": issuer,
        "sub": subject,
        "aud": audience,
        "iat": int(now.timestamp()),
        "exp": int(identity.expires.timestamp()),
        "jti": secrets.token_hex(8),
    }
    parts = [_part(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    # Random instead of a signature: STS here knows its tokens by heart.
    token = ".".join([*parts, _part(secrets.token_bytes(64))])
    world.web_identities[token] = identity
    return token


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
