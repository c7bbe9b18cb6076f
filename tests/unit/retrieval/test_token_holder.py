"""Whose a web identity token is: what counts, what does not, and what stands for itself alone."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from pyvault.retrieval.web_token import token_holder
from pyvault.secret import Secret

TAGS = "https://aws.amazon.com/tags"
CLAIMS: dict[str, Any] = {
    "iss": "https://token.example.test",
    "sub": "repo:example/app",
    "aud": "sts.amazonaws.com",
    "azp": "client-1",
    "amr": ["authenticated", "graph"],
    TAGS: {"principal_tags": {"team": ["red"]}, "transitive_tag_keys": ["team"]},
    "https://aws.amazon.com/source_identity": "jane",
    "iat": 1,
    "exp": 2,
    "jti": "a",
}


def jwt(claims: object, *, header: str = "h", signature: str = "s") -> str:
    return f"{header}.{encoded(json.dumps(claims))}.{signature}"


def encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def holder(token: str) -> str:
    return token_holder(Secret(token))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example.test"},
        {"sub": "repo:example/other"},
        {"aud": "other"},
        {"aud": ["sts.amazonaws.com"]},
        {"azp": None},
        {"amr": ["authenticated"]},
        {TAGS: {"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]}},
        {TAGS: {"principal_tags": {"team": ["red"]}}},
        {f"{TAGS}/principal_tags/team": "blue"},
        {"https://aws.amazon.com/source_identity": "joe"},
    ],
)
def test_what_aws_makes_a_session_of_tells_two_holders_apart(changes: dict[str, Any]) -> None:
    assert holder(jwt(CLAIMS | changes)) != holder(jwt(CLAIMS))


def test_every_claim_that_counts_may_be_missing_but_issuer_and_subject() -> None:
    seen = {holder(jwt({name: value for name, value in CLAIMS.items() if name != left})) for left in CLAIMS}
    assert len(seen) == 7 + 1  # without iss, sub, aud, azp, amr, tags, source identity; and the same three times


@pytest.mark.parametrize("changes", [{"iat": 9, "exp": 10}, {"jti": "b"}, {"nonce": "n"}])
def test_a_renewed_token_is_of_the_same_holder(changes: dict[str, Any]) -> None:
    renewed = jwt(dict(reversed((CLAIMS | changes).items())), header="other", signature="other")
    assert holder(renewed) == holder(jwt(CLAIMS))


REPEATED = '{"iss":"i","sub":"a","sub":"b"}'


@pytest.mark.parametrize(
    "token",
    [
        "opaque",
        "a.b",
        f"{jwt(CLAIMS)}.more.parts",
        "h.%%%.s",
        "h.é.s",
        f"h.{encoded('not json')}.s",
        f"h.{encoded('[' * 100_000)}.s",
        jwt(["iss", "sub"]),
        jwt({"iss": "i"}),
        jwt({"iss": "i", "sub": ""}),
        jwt({"iss": "i", "sub": 7}),
        f"h.{encoded(REPEATED)}.s",
    ],
    ids=[
        "opaque",
        "two-parts",
        "five-parts",
        "no-base64",
        "no-ascii",
        "no-json",
        "too-deep",
        "list",
        "no-sub",
        "empty-sub",
        "number",
        "twice",
    ],
)
def test_what_is_no_jwt_of_somebody_stands_for_its_bytes(token: str) -> None:
    assert holder(token) == holder(token)
    assert holder(token + "x") != holder(token)
    assert holder(token) != holder(jwt(CLAIMS))
