"""Cached sessions and the failures of fetches as bytes; the only parser of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault import errors
from pyvault.clock import to_rfc3339
from pyvault.errors import AwsError, CredentialsError, ItemCorruptError, PyvaultError, UnusableAnswerError
from pyvault.json_reader import UnreadableError, read_object
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


def describe(failure: BaseException) -> dict[str, str]:
    """Write a failure down."""
    content = {"type": type(failure).__name__}
    if isinstance(failure, PyvaultError):
        content |= {"message": str(failure)} | ({"hint": failure.hint} if failure.hint else {})
    if isinstance(failure, AwsError):
        content |= {"code": failure.code}
    return content


def rebuild(content: Mapping[str, str]) -> PyvaultError:
    """Make the error again, of its own type where that is one of ours."""
    kind: object = getattr(errors, content.get("type", ""), None)
    message = content.get("message")
    hint = content.get("hint")
    if message is None or not (isinstance(kind, type) and issubclass(kind, PyvaultError)):
        return CredentialsError(f"the process that fetched the credentials failed: {content.get('type', 'unknown')}")
    if issubclass(kind, AwsError):
        return kind(message, code=content.get("code", "Unknown"), hint=hint)
    return kind(message, hint=hint)
