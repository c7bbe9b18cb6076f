"""The instance metadata service, version 2 as EC2 gives it.

Statuses, order and headers follow EC2: a token is asked for with PUT and is
needed for everything else (401), before it is known whether a path exists (404).
Source: Amazon EC2 User Guide, "Use the Instance Metadata Service to access
instance metadata", "Retrieve security credentials from instance metadata".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.clock import to_rfc3339
from pyvault.server.answer import TEXT, Answer, make_answer
from pyvault.server.bodies import EC2_HEADERS
from pyvault.server.imds_token import TokenMint, parse_ttl
from pyvault.server.request import READING, refusal
from pyvault.server.why import Why

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import datetime

    from pyvault.clock import Clock
    from pyvault.server.request import Request
    from pyvault.server.source import CredentialSource

ROLE_NAME = "local-credentials"  # what aws-vault calls it
INSTANCE_ID = "pyvault"

_TOKEN_PATH = b"/latest/api/token"
_DOCUMENT = b"/latest/dynamic/instance-identity/document"
_CREDENTIALS = b"/latest/meta-data/iam/security-credentials"
_TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"


def _plain(
    status: int,
    text: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    *,
    welcomes: bool = True,
    why: Why | None = None,
) -> Answer:
    return make_answer(status, text, content_type=TEXT, headers=EC2_HEADERS + headers, welcomes=welcomes, why=why)


BAD_TTL = _plain(400, "400 - Bad Request", why=Why.MALFORMED)
UNAUTHORIZED = _plain(401, "401 - Unauthorized", why=Why.TOKEN)
NOT_FOUND = _plain(404, "404 - Not Found", why=Why.PATH)
ONLY_PUT = _plain(405, "405 - Method Not Allowed", (("Allow", "OPTIONS, PUT"),), why=Why.METHOD)
ONLY_READING = _plain(405, "405 - Method Not Allowed", (("Allow", "OPTIONS, HEAD, GET"),), why=Why.METHOD)


class ImdsApplication:
    """Answers requests for instance metadata.

    Args:
        allow_v1: also answer without a token, as ``--imds-v1`` asks.
        region: of the profile; None where none is known, and then not told.
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
        if request.method not in READING:
            return ONLY_READING
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
        return _plain(200, self._mint.issue(ttl, at=self._now()), ((_TTL_HEADER, str(ttl)),), welcomes=False)

    def _may_read(self, request: Request) -> bool:
        token = request.headers.get(b"x-aws-ec2-metadata-token")
        if token is None:
            return self._allow_v1
        return self._mint.is_valid(token, at=self._now())


def _document(region: str | None, account_id: str | None) -> Answer:
    """Write who the instance is: of the account whose credentials are served now."""
    document = {"version": "2017-09-30", "instanceId": INSTANCE_ID, "region": region, "accountId": account_id}
    return _plain(200, json.dumps({key: value for key, value in document.items() if value is not None}))


def _facts(*, region: str | None, since: datetime) -> dict[bytes, Answer]:
    """Prepare what never changes, by path; a directory answers with and without its slash."""
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
