"""RFC 7636: the appendix's example, and the bounds of what we draw."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from pyvault.codegrant import pkce
from pyvault.secret import Secret


def test_the_example_of_rfc_7636_appendix_b() -> None:
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert pkce.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_verifier_has_the_allowed_length_and_alphabet_and_is_new() -> None:
    drawn = [pkce.new_verifier().reveal() for _ in range(50)]
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) for verifier in drawn)
    assert len(set(drawn)) == len(drawn)


def test_the_authorization_address_carries_the_challenge_and_never_the_verifier() -> None:
    state, verifier = pkce.new_state(), pkce.new_verifier()
    url = pkce.authorization_url(
        "https://oidc.eu-west-1.amazonaws.com/",
        client_id="client&id",
        redirect_uri="http://127.0.0.1:4711/oauth/callback",
        state=state,
        verifier=verifier,
        scopes=("sso:account:access", "x:y"),
    )
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://oidc.eu-west-1.amazonaws.com/authorize"
    assert parse_qs(parts.query) == {
        "response_type": ["code"],
        "client_id": ["client&id"],
        "redirect_uri": ["http://127.0.0.1:4711/oauth/callback"],
        "state": [state.reveal()],
        "code_challenge_method": ["S256"],
        "code_challenge": [pkce.challenge(verifier)],
        "scopes": ["sso:account:access,x:y"],
    }
    assert verifier.reveal() not in url
