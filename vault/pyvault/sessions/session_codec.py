"""Cached sessions as bytes; the only parser of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pyvault.clock import parse_rfc3339, to_rfc3339
from pyvault.errors import ItemCorruptError, UnusableAnswerError
from pyvault.model import Credentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1


def encode_session(credentials: Credentials) -> Secret[bytes]:
    """Write a session as JSON."""
    import json

    token = credentials.session_token
    record: dict[str, object] = {
        "v": VERSION,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.reveal(),
        "SessionToken": token.reveal() if token else None,
        "Expiration": to_rfc3339(credentials.expires) if credentials.expires else None,
        "AccountId": credentials.account_id,
        "RoleArn": credentials.role_arn,
    }
    return Secret(json.dumps(record, separators=(",", ":")).encode())


def decode_session(data: Secret[bytes]) -> Credentials:
    """Read a session.

    Raises:
        ItemCorruptError: the bytes are not one of ours.
    """
    import json

    try:
        record: object = json.loads(data.reveal())
    except (ValueError, RecursionError):  # its message and .doc hold the secret
        raise ItemCorruptError("a cached session is not JSON") from None
    if not isinstance(record, dict):
        raise ItemCorruptError("a cached session is not an object")
    fields = cast("dict[str, object]", record)  # keys of JSON objects are texts
    if fields.get("v") != VERSION:
        raise ItemCorruptError(f"a cached session is not of version {VERSION}")
    key_id, secret_key = _text(fields, "AccessKeyId"), _text(fields, "SecretAccessKey")
    if not key_id or not secret_key:
        raise ItemCorruptError("a cached session has no keys")
    token, expires = _text(fields, "SessionToken"), _text(fields, "Expiration")
    try:
        moment = parse_rfc3339(expires) if expires else None
    except ValueError:
        raise ItemCorruptError("a cached session has no proper time of expiry") from None
    try:
        return Credentials(
            access_key_id=key_id,
            secret_access_key=Secret(secret_key),
            session_token=Secret(token) if token else None,
            expires=moment,
            account_id=_text(fields, "AccountId"),
            role_arn=_text(fields, "RoleArn"),
        )
    except UnusableAnswerError as exc:
        raise ItemCorruptError(f"a cached session can't be used: {exc.message}") from None


def _text(fields: Mapping[str, object], key: str) -> str | None:
    value = fields.get(key)
    return value if isinstance(value, str) else None
