"""Whatever botocore signs must be understood, and nothing else: random requests, no server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_aws.errors import AwsError
from fake_aws.message import Request
from fake_aws.sigv4 import parse_authorization, verify

SECRET = "w" * 40
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=12)
PAIRS = st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=4)
HEADER = st.text("abc  ,;=\"'", max_size=12)


def signed_by_botocore(service: str, query: list[tuple[str, str]], header: str, body: bytes) -> Request:
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    request: Any = AWSRequest("POST", f"http://127.0.0.1:1/?{text}", data=body, headers={"X-Test": header})
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials("AKIA" + "A" * 16, SECRET), service, "eu-west-1").add_auth(request)
    headers = [(name.lower(), value.strip()) for name, value in request.headers.items()]
    prepared_url: str = request.prepare().url
    query_text = urlsplit(prepared_url).query
    return Request(method="POST", path="/", query=query_text, headers=(("host", "127.0.0.1:1"), *headers), body=body)


def check(request: Request, service: str) -> None:
    verify(request, parse_authorization(request), SECRET, service=service, now=datetime.now(UTC))


@pytest.mark.parametrize("service", ["sts", "s3"])
@given(query=PAIRS, header=HEADER, body=st.binary(max_size=20))
def test_a_signed_request_passes_and_a_changed_one_does_not(
    service: str, query: list[tuple[str, str]], header: str, body: bytes
) -> None:
    request = signed_by_botocore(service, query, header, body)
    check(request, service)
    changed = Request(
        method=request.method, path=request.path, query=request.query, headers=request.headers, body=body + b"x"
    )
    with pytest.raises(AwsError):
        check(changed, service)
    more = Request(
        method=request.method, path=request.path, query=f"{request.query}&zz=1", headers=request.headers, body=body
    )
    with pytest.raises(AwsError):
        check(more, service)
