"""Cached sessions as bytes; the only parser of them."""

from __future__ import annotations

from pyvault.clock import to_rfc3339
from pyvault.errors import ItemCorruptError, UnusableAnswerError
from pyvault.json_reader import UnreadableError, read_object
from pyvault.model import Credentials
from pyvault.secret import Secret

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
    try:
        fields = read_object(data)
        fields.whole("v", least=VERSION, most=VERSION)
        token = fields.optional_text("SessionToken")
        return Credentials(
            access_key_id=fields.text("AccessKeyId"),
            secret_access_key=Secret(fields.text("SecretAccessKey")),
            session_token=Secret(token) if token else None,
            expires=fields.time("Expiration") if fields.has("Expiration") else None,
            account_id=fields.optional_text("AccountId"),
            role_arn=fields.optional_text("RoleArn"),
        )
    except UnreadableError as exc:
        raise ItemCorruptError(f"a cached session can't be used: {exc}") from None
    except UnusableAnswerError as exc:
        raise ItemCorruptError(f"a cached session can't be used: {exc.message}") from None
