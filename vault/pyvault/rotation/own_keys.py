"""The caller's own access keys as a rotation has to know them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pyvault.errors import AwsError
from pyvault.rotation.decide import RemoteKey

if TYPE_CHECKING:
    from pyvault.aws.calls import AccessKey, Iam

#: Stands for "we may not know": such a key is never taken for one that nobody uses.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def list_keys(iam: Iam) -> list[RemoteKey]:
    """Return the caller's keys, with their last use where the policy allows to ask for it.

    Raises:
        AwsError: AWS refused to list them.
        AwsUnreachableError: AWS gave no answer.
    """
    return [
        RemoteKey(
            key_id=key.access_key_id,
            active=key.active,
            created=key.created or LONG_AGO,
            last_used=_last_used(iam, key),
        )
        for key in iam.list_access_keys()
    ]


def _last_used(iam: Iam, key: AccessKey) -> datetime | None:
    try:
        return iam.last_used(key.access_key_id)
    except AwsError as exc:
        if exc.code not in {"AccessDenied", "NoSuchEntity"}:
            raise
        return LONG_AGO
