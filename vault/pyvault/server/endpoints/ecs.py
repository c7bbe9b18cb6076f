"""The container credentials endpoint: a bearer token opens it.

Paths: ``/`` (the only profile), ``/profile/<name>``, ``/role-arn/<ARN>`` where a
pattern allows the role, and ``/healthz``, which needs no token and reveals nothing.
"""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from pyvault.clock import to_rfc3339
from pyvault.secret import Secret
from pyvault.server.http.request import NOT_FOUND, ONLY_READ_METHODS, READ_METHODS, refusal
from pyvault.server.http.response import Answer, RefusalReason, make_answer, make_refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping
    from datetime import datetime

    from pyvault.model import Credentials
    from pyvault.server.endpoints.refreshing_source import CredentialSource
    from pyvault.server.endpoints.roles import RolePatterns, RoleSources
    from pyvault.server.http.request import Request

BAD_TOKEN = make_refusal(403, "invalid authorization token", reason=RefusalReason.TOKEN)
ROLE_REFUSED = make_refusal(403, "this role is not allowed", reason=RefusalReason.ROLE)
TOO_MANY_ROLES = make_refusal(503, "too many roles are being assumed", reason=RefusalReason.BUSY)

_ROLE_PREFIX = b"/role-arn/"


class EcsApplication:
    """Answers requests for container credentials.

    Args:
        token: what ``Authorization`` has to be, exactly.
        profiles: the sources by profile; the only one also answers at ``/``.
        allowed_roles: what may follow ``/role-arn/``.
        roles: the sources of the roles.
    """

    def __init__(
        self,
        *,
        token: Secret[str],
        profiles: Mapping[str, CredentialSource],
        allowed_roles: RolePatterns,
        roles: RoleSources,
    ) -> None:
        self._token = Secret(token.reveal().encode())
        self._sources = {path: source for name, source in profiles.items() for path in profile_paths(name)}
        if len(profiles) == 1:
            self._sources[b"/"] = next(iter(profiles.values()))
        self._profiles = profiles
        self._allowed_roles = allowed_roles
        self._roles = roles

    def __call__(self, request: Request) -> Answer | Awaitable[Answer]:
        """Answer one request."""
        refused = refusal(request)
        if refused is not None:
            return refused
        if request.method not in READ_METHODS:
            return ONLY_READ_METHODS
        if request.path == b"/healthz":
            return self._health()
        # compare_digest takes the same time wherever the first difference is.
        if not hmac.compare_digest(request.headers.get(b"authorization", b""), self._token.reveal()):
            return BAD_TOKEN
        return self._credentials(request.path)

    def close(self) -> None:
        """Stop every fetch."""
        self._roles.close()
        for source in self._profiles.values():
            source.close()

    def _credentials(self, path: bytes) -> Answer | Awaitable[Answer]:
        source = self._sources.get(path)
        if source is not None:
            return source.answer()
        return self._role(path.removeprefix(_ROLE_PREFIX)) if path.startswith(_ROLE_PREFIX) else NOT_FOUND

    def _role(self, rest: bytes) -> Answer | Awaitable[Answer]:
        # Some clients send the ARN as it is, some quote its colons and slashes.
        arn = unquote_to_bytes(rest).decode("utf-8", "replace")
        if not self._allowed_roles.allow(arn):
            return ROLE_REFUSED
        source = self._roles.get(arn)
        return TOO_MANY_ROLES if source is None else source.answer()

    def _health(self) -> Answer:
        good = all(source.is_good for source in self._profiles.values())
        return make_answer(200, json.dumps({"status": "ok" if good else "waiting"}), authenticates=False)


def profile_paths(name: str) -> set[bytes]:
    """Return the spellings of a profile's path: all quoted, or quoted where a path needs it."""
    return {f"/profile/{quote(name, safe=safe)}".encode() for safe in ("", "/:@!$&'()*+,;=~")}


def ecs_answer(credentials: Credentials, _at: datetime) -> Answer:
    """Return credentials as the container endpoint sends them.

    Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
    """
    token = credentials.session_token
    body = {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.reveal(),
        "Token": token.reveal() if token is not None else None,
        "Expiration": to_rfc3339(credentials.expires) if credentials.expires is not None else None,
        "RoleArn": credentials.role_arn,
        "AccountId": credentials.account_id,
    }
    return make_answer(200, json.dumps({key: value for key, value in body.items() if value is not None}))
