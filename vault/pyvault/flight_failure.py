"""How a leader's failure reaches the processes that waited for it.

A small file beside the lock: type, message and hint of one of our errors,
which by rule hold no secret; of anything else only the type. A mark tells a
failure that happened during the wait from an old one.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING, NoReturn, cast

from pyvault import errors
from pyvault.atomic import PendingFile
from pyvault.errors import AwsError, CredentialsError, PyvaultError

if TYPE_CHECKING:
    from pathlib import Path

MAX_RECORD = 16 * 1024  # bytes


def mark(record: Path) -> str | None:
    """Give what tells this failure from every other one; None if there is none."""
    return _read(record).get("mark")


def leave(record: Path, failure: Exception) -> None:
    """Write down what went wrong. A disk that refuses is no second failure."""
    import json

    content = {"mark": secrets.token_hex(16), "type": type(failure).__name__}
    if isinstance(failure, PyvaultError):
        content |= {"message": str(failure)} | ({"hint": failure.hint} if failure.hint else {})
    if isinstance(failure, AwsError):
        content |= {"code": failure.code}
    with contextlib.suppress(errors.WriteFailedError), PendingFile(record, durable=False) as pending:
        pending.write(json.dumps(content).encode())
        pending.commit()


def clear(record: Path) -> None:
    """Forget the failure."""
    with contextlib.suppress(OSError):
        record.unlink(missing_ok=True)


def reraise(record: Path) -> NoReturn:
    """Raise the failure as if it had happened here.

    Raises:
        PyvaultError: of the leader's type where it is one of ours.
    """
    content = _read(record)
    kind: object = getattr(errors, content.get("type", ""), None)
    message = content.get("message")
    hint = content.get("hint")
    if message is None or not (isinstance(kind, type) and issubclass(kind, PyvaultError)):
        raise CredentialsError(f"the process that fetched the credentials failed: {content.get('type', 'unknown')}")
    if issubclass(kind, AwsError):
        raise kind(message, code=content.get("code", "Unknown"), hint=hint)
    raise kind(message, hint=hint)


def _read(record: Path) -> dict[str, str]:
    import json

    try:
        with record.open("rb") as file:
            content: object = json.loads(file.read(MAX_RECORD))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    pairs = cast("dict[str, object]", content).items()
    return {name: value for name, value in pairs if isinstance(value, str)}
