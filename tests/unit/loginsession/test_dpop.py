"""Proofs of possession against RFC 9449, checked by the strict AWS's own verifier."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest

from fake_aws.dpop import ProofError, thumbprint
from fake_aws.message import Request
from fake_aws.p256 import is_signature
from pyvault.json_reader import UnreadableError
from pyvault.loginsession import dpop
from pyvault.secret import Secret

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
URL = "https://eu-west-1.signin.aws.amazon.com/v1/token"


def proven(key: Secret[str], *, url: str = URL, at: datetime = NOW, number: str = "one") -> Request:
    header = dpop.proof(key, method="POST", url=url, at=at, number=number).reveal()
    return Request(method="POST", path="/v1/token", query="", headers=(("dpop", header),), body=b"")


def test_a_proof_names_the_request_and_proves_the_key() -> None:
    key = dpop.new_key()
    request = proven(key, url=f"{URL}?a=b#c")
    assert thumbprint(request, URL, now=NOW, seen=set()) == thumbprint(
        proven(key, number="two"), URL, now=NOW, seen=set()
    )
    assert thumbprint(request, URL, now=NOW, seen=set()) != thumbprint(proven(dpop.new_key()), URL, now=NOW, seen=set())
    header, claims, signature = (part + "=" * (-len(part) % 4) for part in request.headers[0][1].split("."))
    assert len(urlsafe_b64decode(signature)) == 64
    assert set(json.loads(urlsafe_b64decode(header))["jwk"]) == {"kty", "crv", "x", "y"}  # never d, the private half
    assert json.loads(urlsafe_b64decode(claims)) == {
        "htm": "POST",
        "htu": URL,
        "iat": int(NOW.timestamp()),
        "jti": "one",
    }


def test_the_strict_aws_takes_no_proof_twice_late_or_of_another_request() -> None:
    key, seen = dpop.new_key(), set[str]()
    thumbprint(proven(key), URL, now=NOW, seen=seen)
    with pytest.raises(ProofError, match="used before"):
        thumbprint(proven(key), URL, now=NOW, seen=seen)
    for request, url, now in (
        (proven(key, number="2"), URL, NOW + timedelta(minutes=6)),
        (proven(key, number="3"), URL, NOW - timedelta(minutes=6)),
        (proven(key, number="4"), URL + "x", NOW),
        (Request(method="POST", path="/", query="", headers=(), body=b""), URL, NOW),
    ):
        with pytest.raises(ProofError):
            thumbprint(request, url, now=now, seen=seen)
    whole = proven(key, number="5").headers[0][1]
    header, claims, signature = whole.split(".")
    forged = f"{header}.{claims[:-2]}AA.{signature}"
    with pytest.raises(ProofError):
        thumbprint(
            Request(method="POST", path="/", query="", headers=(("dpop", forged),), body=b""), URL, now=NOW, seen=seen
        )


def test_the_verifier_knows_the_vector_of_rfc_6979() -> None:
    """Source: RFC 6979, appendix A.2.5: P-256, SHA-256, the message "sample"."""
    point = (
        0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
        0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
    )
    signature = bytes.fromhex(
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    )
    assert is_signature(point, b"sample", signature)
    assert not is_signature(point, b"sampel", signature)


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(UnreadableError, match="is not a P-256 key"):
        dpop.check_key(Secret(text))
