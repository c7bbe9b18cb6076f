"""Proof Key for Code Exchange, and the address that a browser is sent to.

The code that comes back to the loopback port is worth nothing without the
verifier, which never leaves this process but for AWS's token endpoint: another
program that snatches the redirect can't redeem it.

Source: RFC 7636 (PKCE), RFC 6749 section 10.12 (state), RFC 8252 section 7.3
(loopback redirects).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING

from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

VERIFIER_BYTES = 64  # 86 characters; RFC 7636 section 4.1 allows 43 to 128
STATE_BYTES = 32


def new_verifier() -> Secret[str]:
    """Draw a code verifier."""
    return Secret(secrets.token_urlsafe(VERIFIER_BYTES))


def new_state() -> Secret[str]:
    """Draw the value that ties the redirect to this sign-in."""
    return Secret(secrets.token_urlsafe(STATE_BYTES))


def challenge(verifier: Secret[str]) -> str:
    """Return the S256 challenge of a verifier; it is public."""
    digest = hashlib.sha256(verifier.reveal().encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorization_url(
    endpoint: str,
    *,
    client_id: str,
    redirect_uri: str,
    state: Secret[str],
    verifier: Secret[str],
    scopes: Sequence[str],
) -> str:
    """Return the address where the person signs in.

    It holds the state, so it goes to the person's browser or terminal and
    nowhere else.

    Args:
        endpoint: of the OIDC service, e.g. ``https://oidc.eu-west-1.amazonaws.com``.
        redirect_uri: with the port that is listening.

    Source: the authorize call of AWS's own clients: AWS says ``scopes``, with
    commas, where RFC 6749 says ``scope``, with spaces.
    """
    from urllib.parse import urlencode

    query = urlencode(
        {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "state": state.reveal(),
            "code_challenge_method": "S256",
            "code_challenge": challenge(verifier),
            "scopes": ",".join(scopes),
        }
    )
    return f"{endpoint.rstrip('/')}/authorize?{query}"
