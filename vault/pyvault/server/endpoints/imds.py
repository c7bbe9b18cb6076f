"""The instance metadata service, version 2 as on EC2, and its session tokens."""

from __future__ import annotations

import hmac
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.clock import to_rfc3339
from pyvault.server.http.request import READ_METHODS, refusal
from pyvault.server.http.response import TEXT, Answer, RefusalReason, make_answer

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import datetime

    from pyvault.clock import Clock
    from pyvault.model import Credentials
    from pyvault.server.endpoints.refreshing_source import CredentialSource
    from pyvault.server.http.request import Request

ROLE_NAME = "local-credentials"  # what aws-vault calls it
INSTANCE_ID = "pyvault"
#: What EC2 calls itself; some clients look.
EC2_HEADERS = (("Server", "EC2ws"),)

_TOKEN_PATH = b"/latest/api/token"
_DOCUMENT = b"/latest/dynamic/instance-identity/document"
_CREDENTIALS = b"/latest/meta-data/iam/security-credentials"
_TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"


def _plain(
    status: int,
    text: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    *,
    authenticates: bool = True,
    reason: RefusalReason | None = None,
) -> Answer:
    return make_answer(
        status, text, content_type=TEXT, headers=EC2_HEADERS + headers, authenticates=authenticates, reason=reason
    )


BAD_TTL = _plain(400, "400 - Bad Request", reason=RefusalReason.MALFORMED)
UNAUTHORIZED = _plain(401, "401 - Unauthorized", reason=RefusalReason.TOKEN)
NOT_FOUND = _plain(404, "404 - Not Found", reason=RefusalReason.PATH)
ONLY_PUT = _plain(405, "405 - Method Not Allowed", (("Allow", "OPTIONS, PUT"),), reason=RefusalReason.METHOD)
ONLY_READ_METHODS = _plain(
    405, "405 - Method Not Allowed", (("Allow", "OPTIONS, HEAD, GET"),), reason=RefusalReason.METHOD
)


class ImdsApplication:
    """Answers requests for instance metadata.

    Args:
        allow_v1: also answer without a token, as ``--imds-v1`` asks.
        region: of the profile; None if unknown, and then not shown.
    """

    def __init__(
        self,
        source: CredentialSource,
        *,
        region: str | None = None,
        account_id: str | None = None,
        allow_v1: bool = False,
        now: Clock = clock.now,
    ) -> None:
        self._source = source
        self._allow_v1 = allow_v1
        self._now = now
        self._mint = TokenMint()
        self._region = region
        self._account_id = account_id
        self._facts = _facts(region=region, since=now())

    def __call__(self, request: Request) -> Answer | Awaitable[Answer]:
        """Answer one request."""
        refused = refusal(request)
        if refused is not None:
            return refused
        if request.path == _TOKEN_PATH:
            return self._token(request)
        if request.method not in READ_METHODS:
            return ONLY_READ_METHODS
        if not self._may_read(request):
            return UNAUTHORIZED
        if request.path == _CREDENTIALS + b"/" + ROLE_NAME.encode():
            return self._source.answer()
        return self._fact(request.path)

    def _fact(self, path: bytes) -> Answer:
        if path == _DOCUMENT:
            return _document(self._region, self._source.account_id(before=self._account_id))
        return self._facts.get(path, NOT_FOUND)

    def close(self) -> None:
        """Stop the fetch."""
        self._source.close()

    def _token(self, request: Request) -> Answer:
        if request.method != b"PUT":
            return ONLY_PUT
        ttl = parse_ttl(request.headers.get(b"x-aws-ec2-metadata-token-ttl-seconds"))
        if ttl is None:
            return BAD_TTL
        return _plain(200, self._mint.issue(ttl, at=self._now()), ((_TTL_HEADER, str(ttl)),), authenticates=False)

    def _may_read(self, request: Request) -> bool:
        token = request.headers.get(b"x-aws-ec2-metadata-token")
        if token is None:
            return self._allow_v1
        return self._mint.is_valid(token, at=self._now())


def imds_answer(credentials: Credentials, at: datetime) -> Answer:
    """Return credentials as the instance metadata service sends them: as ``text/plain``, like EC2.

    Source: Amazon EC2 User Guide, "Retrieve security credentials from instance metadata".
    """
    token = credentials.session_token
    body = {
        "Code": "Success",
        "LastUpdated": to_rfc3339(at),
        "Type": "AWS-HMAC",
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.reveal(),
        "Token": token.reveal() if token is not None else "",
        "Expiration": to_rfc3339(credentials.expires) if credentials.expires is not None else "",
    }
    return make_answer(200, json.dumps(body), content_type=TEXT, headers=EC2_HEADERS)


def _document(region: str | None, account_id: str | None) -> Answer:
    """Return the identity document, with the account whose credentials are served now."""
    document = {"version": "2017-09-30", "instanceId": INSTANCE_ID, "region": region, "accountId": account_id}
    return _plain(200, json.dumps({key: value for key, value in document.items() if value is not None}))


def _facts(*, region: str | None, since: datetime) -> dict[bytes, Answer]:
    """Return the answers that never change, by path; a directory answers with and without its slash."""
    info = {"Code": "Success", "LastUpdated": to_rfc3339(since)}
    facts = {
        _CREDENTIALS: _plain(200, ROLE_NAME),
        _CREDENTIALS + b"/": _plain(200, ROLE_NAME),
        b"/latest/meta-data/iam/info": _plain(200, json.dumps(info)),
        b"/latest/meta-data/instance-id": _plain(200, INSTANCE_ID),
    }
    if region is not None:
        facts[b"/latest/meta-data/placement/region"] = _plain(200, region)
    return facts


#: Source: AWS, "Use the Instance Metadata Service": 1 second to 6 hours.
SHORTEST_TTL = 1
LONGEST_TTL = 21600

_EXPIRY = struct.Struct(">d")
_NONCE_BYTES = 16
_TAG_BYTES = 32
_TOKEN_BYTES = _EXPIRY.size + _NONCE_BYTES + _TAG_BYTES


class TokenMint:
    """Makes and checks session tokens."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def issue(self, ttl: int, *, at: datetime) -> str:
        """Return a token that expires *ttl* seconds after *at*."""
        body = _EXPIRY.pack(at.timestamp() + ttl) + secrets.token_bytes(_NONCE_BYTES)
        return urlsafe_b64encode(body + self._tag(body)).decode()

    def is_valid(self, token: bytes, *, at: datetime) -> bool:
        """Return whether we made this token and it has not expired."""
        try:
            raw = urlsafe_b64decode(token)
        except ValueError:
            return False
        # The decoder skips other characters: one token has one spelling only.
        if len(raw) != _TOKEN_BYTES or urlsafe_b64encode(raw) != token:
            return False
        body, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
        return hmac.compare_digest(tag, self._tag(body)) and at.timestamp() < _EXPIRY.unpack_from(body)[0]

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")


def parse_ttl(text: bytes | None) -> int | None:
    """Return the seconds that a client asks for; None if missing or out of bounds."""
    if text is None or not text.isdigit() or len(text) > 5:
        return None
    ttl = int(text)
    return ttl if SHORTEST_TTL <= ttl <= LONGEST_TTL else None
