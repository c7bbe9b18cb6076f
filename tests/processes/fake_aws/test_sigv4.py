"""The signature check, against the signer of botocore."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from fake_aws.client import FakeAws, KeyPair

BODY = b"Action=GetCallerIdentity&Version=2011-06-15"


def signed(
    url: str, key: KeyPair, *, token: str | None = None, region: str = "eu-west-1", service: str = "sts"
) -> dict[str, str]:
    """Sign the call as any SDK would."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request: Any = AWSRequest("POST", f"{url}/", data=BODY, headers=headers)
    SigV4Auth(Credentials(key.access_key_id, key.secret_access_key, token), service, region).add_auth(request)
    return {**dict(request.headers.items()), "Host": url.removeprefix("http://")}


def post(fake: FakeAws, headers: dict[str, str], body: bytes = BODY, path: str = "/") -> str:
    """Send exactly these headers; give the status and the XML."""
    connection = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=10)
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    text = f"{response.status} {response.read().decode()}"
    connection.close()
    return text


def test_botocores_signature_is_accepted(fake_aws: FakeAws) -> None:
    assert "<Arn>arn:aws:iam::123456789012:user/demo</Arn>" in post(
        fake_aws, signed(fake_aws.url, fake_aws.key("demo"))
    )


def test_every_flipped_character_of_the_signature_is_refused(fake_aws: FakeAws) -> None:
    headers = signed(fake_aws.url, fake_aws.key("demo"))
    start = headers["Authorization"].index("Signature=") + len("Signature=")
    for at in range(start, len(headers["Authorization"])):
        flipped = "0" if headers["Authorization"][at] != "0" else "1"
        forged = headers["Authorization"][:at] + flipped + headers["Authorization"][at + 1 :]
        assert "403" in (answer := post(fake_aws, {**headers, "Authorization": forged}))
        assert "SignatureDoesNotMatch" in answer


@pytest.mark.parametrize("at", range(0, len(BODY), 7))
def test_a_flipped_bit_of_the_body_is_refused(fake_aws: FakeAws, at: int) -> None:
    body = BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]
    answer = post(fake_aws, signed(fake_aws.url, fake_aws.key("demo")), body)
    assert answer.startswith(("403", "400"))
    assert "<Arn>" not in answer


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("Host", "sts.amazonaws.com"),
        ("X-Amz-Date", "20200101T000000Z"),
    ],
)
def test_a_changed_signed_header_is_refused(fake_aws: FakeAws, header: str, value: str) -> None:
    headers = {**signed(fake_aws.url, fake_aws.key("demo")), header: value}
    assert "SignatureDoesNotMatch" in post(fake_aws, headers)


def test_an_added_query_is_refused(fake_aws: FakeAws) -> None:
    assert "SignatureDoesNotMatch" in post(fake_aws, signed(fake_aws.url, fake_aws.key("demo")), path="/?a=b")


def test_a_wrong_secret_is_refused(fake_aws: FakeAws) -> None:
    key = KeyPair(access_key_id=fake_aws.key("demo").access_key_id, secret_access_key="x" * 40)
    assert "SignatureDoesNotMatch" in post(fake_aws, signed(fake_aws.url, key))


def test_an_unknown_key_is_refused(fake_aws: FakeAws) -> None:
    key = KeyPair(access_key_id="AKIA" + "A" * 16, secret_access_key="x" * 40)
    assert "InvalidClientTokenId" in post(fake_aws, signed(fake_aws.url, key))


def test_a_foreign_scope_is_refused(fake_aws: FakeAws) -> None:
    key = fake_aws.key("demo")
    assert "correct service: &#x27;sts&#x27;" in post(fake_aws, signed(fake_aws.url, key, service="iam"))
    assert "not &#x27;here&#x27;" in post(fake_aws, signed(fake_aws.url, key, region="here"))


def test_an_unsigned_host_is_refused(fake_aws: FakeAws) -> None:
    headers = signed(fake_aws.url, fake_aws.key("demo"))
    headers["Authorization"] = headers["Authorization"].replace("host;", "")
    assert "must be a &#x27;SignedHeader&#x27;" in post(fake_aws, headers)


def test_no_signature_at_all_is_refused(fake_aws: FakeAws) -> None:
    assert "MissingAuthenticationToken" in post(fake_aws, {"Content-Type": "application/x-www-form-urlencoded"})


@pytest.mark.parametrize("header", ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c", "Bearer abc"])
def test_a_malformed_authorization_is_refused(fake_aws: FakeAws, header: str) -> None:
    assert "IncompleteSignature" in post(fake_aws, {"Authorization": header})


@pytest.mark.parametrize(("skew", "complaint"), [(400, "Signature expired"), (-400, "not yet current")])
def test_a_date_beyond_five_minutes_is_refused(fake_aws: FakeAws, skew: float, complaint: str) -> None:
    fake_aws.skew_wire(skew)
    assert complaint in post(fake_aws, signed(fake_aws.url, fake_aws.key("demo")))


@pytest.mark.parametrize("skew", [-200, 200])
def test_a_date_within_five_minutes_is_accepted(fake_aws: FakeAws, skew: float) -> None:
    fake_aws.skew_wire(skew)
    assert "<Arn>" in post(fake_aws, signed(fake_aws.url, fake_aws.key("demo")))


def test_a_moved_world_leaves_signatures_good(fake_aws: FakeAws) -> None:
    fake_aws.advance(86_400)
    assert "<Arn>" in post(fake_aws, signed(fake_aws.url, fake_aws.key("demo")))


def test_a_session_token_must_be_the_right_one_and_signed(fake_aws: FakeAws, boto: Any) -> None:
    session = boto("sts", "demo").get_session_token()["Credentials"]
    key = KeyPair(access_key_id=session["AccessKeyId"], secret_access_key=session["SecretAccessKey"])
    token = session["SessionToken"]
    headers = signed(fake_aws.url, key, token=token)
    assert "<Arn>" in post(fake_aws, headers)
    assert "InvalidClientTokenId" in post(fake_aws, signed(fake_aws.url, key))
    assert "InvalidClientTokenId" in post(fake_aws, signed(fake_aws.url, key, token=token[:-5] + "AAAA="))
    assert "SignatureDoesNotMatch" in post(fake_aws, {**signed(fake_aws.url, key), "X-Amz-Security-Token": token})
    assert "InvalidClientTokenId" in post(fake_aws, signed(fake_aws.url, fake_aws.key("demo"), token=token))


def test_s3_compares_the_body_with_the_signed_digest(fake_aws: FakeAws) -> None:
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    key = fake_aws.demo_key()
    request: Any = AWSRequest("POST", f"{fake_aws.url}/", data=b"signed")
    S3SigV4Auth(Credentials(key.access_key_id, key.secret_access_key), "s3", "eu-west-1").add_auth(request)
    headers = {**dict(request.headers.items()), "Host": fake_aws.url.removeprefix("http://")}
    assert "NoSuchBucket" in post(fake_aws, headers, b"signed")
    assert "XAmzContentSHA256Mismatch" in post(fake_aws, headers, b"sigNed")
