"""A failure as plain texts, for a process that waits for another one's work.

Type, message and hint of one of our errors, which by rule hold no secret; of
anything else only the type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault import errors
from pyvault.errors import AwsError, CredentialsError, PyvaultError

if TYPE_CHECKING:
    from collections.abc import Mapping


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
