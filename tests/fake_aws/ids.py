"""Fresh names and secrets, in AWS's shapes but never AWS's: made anew for every world."""

from __future__ import annotations

import base64
import secrets
import uuid

#: What AWS writes unique ids with. Source: IAM user guide, "IAM identifiers" (base 32).
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def unique_id(prefix: str) -> str:
    """Make an id such as ``AKIA`` and 16 letters."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(16))


def secret_access_key() -> str:
    """Make the 40 characters that a request is signed with."""
    return base64.b64encode(secrets.token_bytes(30)).decode()


def session_token() -> str:
    """Make an opaque session token, as long as real ones and with their awkward ``+/=``."""
    return base64.b64encode(secrets.token_bytes(272)).decode()


def bearer(size: int = 48) -> str:
    """Make an opaque URL-safe token: OIDC codes, client secrets, sign-in tokens."""
    return secrets.token_urlsafe(size)


def user_code() -> str:
    """Make what a person types at the device page: eight consonants with a dash."""
    letters = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def request_id() -> str:
    """Make the id that every answer carries."""
    return str(uuid.uuid4())
