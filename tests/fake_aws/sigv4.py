"""Signature Version 4, checked as AWS does: from the raw request, with nothing taken on trust.

Source: AWS General Reference, "Create a signed AWS API request". Only signatures in the
Authorization header are known; presigned URLs are not.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote_to_bytes

from .errors import AwsError
from .message import Request

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
#: How far the date of a signature may lie off. Source: SigV4 guide (S3: "RequestTimeTooSkewed").
MAX_SKEW = timedelta(minutes=5)
MAX_SKEW_S3 = timedelta(minutes=15)
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
REGION = re.compile(r"[a-z]{2,6}(-[a-z]+)+-\d|aws-global|global")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The parts of an Authorization header."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    hex: str

    @property
    def scope(self) -> str:
        """Give the credential scope, as it is signed."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def parse_authorization(request: Request) -> Signature:
    """Read who claims to have signed.

    Raises:
        AwsError: there is no SigV4 header, or it is malformed.
    """
    value = request.header("authorization")
    if value is None:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", status=403)
    algorithm, _, rest = value.partition(" ")
    if algorithm != ALGORITHM:
        raise AwsError("IncompleteSignature", f"Authorization header names no known algorithm: '{algorithm[:32]}'")
    fields: dict[str, str] = {}
    for part in rest.split(","):
        name, _, text = part.strip().partition("=")
        fields[name] = text
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not fields.get(name):
            raise AwsError("IncompleteSignature", f"Authorization header requires '{name}' parameter.")
    credential = fields["Credential"].split("/")
    if len(credential) != 5 or credential[4] != "aws4_request":
        raise AwsError("IncompleteSignature", "Credential must have exactly 5 slash-delimited elements")
    return Signature(
        access_key_id=credential[0],
        date=credential[1],
        region=credential[2],
        service=credential[3],
        signed_headers=tuple(fields["SignedHeaders"].split(";")),
        hex=fields["Signature"],
    )


def verify(request: Request, signature: Signature, secret: str, *, service: str, now: datetime) -> None:
    """Check scope, date, coverage and the signature itself.

    Args:
        request: as it came over the wire.
        signature: its parsed Authorization header.
        secret: the secret access key of the one who claims to have signed.
        service: what the call is for, as it must stand in the scope.
        now: the wire's time.

    Raises:
        AwsError: ``SignatureDoesNotMatch``, or S3's ``RequestTimeTooSkewed``.
    """
    if signature.service != service:
        raise _mismatch(f"Credential should be scoped to correct service: '{service}'. ")
    if not REGION.fullmatch(signature.region):
        raise _mismatch(f"Credential should be scoped to a valid region, not '{signature.region}'. ")
    date = request.header("x-amz-date") or ""
    _check_date(date, signature, service=service, now=now)
    _check_coverage(request, signature, service=service)
    text = canonical_request(request, signature.signed_headers, _payload_hash(request, service), service=service)
    expected = sign(secret, signature, date, text)
    if not hmac.compare_digest(expected.encode(), signature.hex.encode()):
        raise _mismatch(
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
        )


def canonical_request(request: Request, signed_headers: tuple[str, ...], payload_hash: str, *, service: str) -> str:
    """Write the request in the one form that both sides sign."""
    # S3 signs the path as sent; everybody else signs it encoded once more.
    path = request.path if service == "s3" else quote(request.path, safe="/-_.~")
    headers = [
        f"{name}:{','.join(' '.join(value.split()) for key, value in request.headers if key == name)}\n"
        for name in signed_headers
    ]
    parts = (request.method, path, _canonical_query(request.query), "".join(headers), ";".join(signed_headers))
    return "\n".join((*parts, payload_hash))


def sign(secret: str, signature: Signature, date: str, text: str) -> str:
    """Compute the signature of a canonical request."""
    key = f"AWS4{secret}".encode()
    for part in signature.scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    text_to_sign = f"{ALGORITHM}\n{date}\n{signature.scope}\n{digest}"
    return hmac.new(key, text_to_sign.encode(), hashlib.sha256).hexdigest()


def _check_date(date: str, signature: Signature, *, service: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(date, DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise AwsError("IncompleteSignature", "Date must be in ISO-8601 'basic format'.") from None
    if not date.startswith(signature.date):
        raise _mismatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
    if service == "s3":
        if abs(now - signed_at) > MAX_SKEW_S3:
            raise AwsError(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                status=403,
            )
    elif signed_at < now - MAX_SKEW:
        limit, current = (when.strftime(DATE_FORMAT) for when in (now - MAX_SKEW, now))
        raise _mismatch(f"Signature expired: {date} is now earlier than {limit} ({current} - 5 min.)")
    elif signed_at > now + MAX_SKEW:
        limit, current = (when.strftime(DATE_FORMAT) for when in (now + MAX_SKEW, now))
        raise _mismatch(f"Signature not yet current: {date} is still later than {limit} ({current} + 5 min.)")


def _check_coverage(request: Request, signature: Signature, *, service: str) -> None:
    """Demand that the headers which decide anything are signed: else they could be swapped."""
    needed = {"host", "x-amz-date"} | {n for n, _ in request.headers if n == "x-amz-security-token"}
    if service == "s3":
        needed.add("x-amz-content-sha256")
    if missing := sorted(needed - set(signature.signed_headers)):
        raise _mismatch(f"'{missing[0]}' must be a 'SignedHeader' in the AWS Authorization.")


def _payload_hash(request: Request, service: str) -> str:
    actual = hashlib.sha256(request.body).hexdigest()
    claimed = request.header("x-amz-content-sha256")
    if service != "s3":
        return actual
    if claimed == UNSIGNED:
        return UNSIGNED
    if claimed != actual:
        raise AwsError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
    return actual


def _canonical_query(query: str) -> str:
    pairs = [part.partition("=")[::2] for part in query.split("&") if part]
    encoded = sorted((_encode(name), _encode(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encode(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="-_.~")


def _mismatch(message: str) -> AwsError:
    return AwsError("SignatureDoesNotMatch", message, status=403)
