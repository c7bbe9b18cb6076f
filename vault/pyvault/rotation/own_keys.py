"""The calls of a rotation through our AWS clients."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pyvault.errors import AwsError
from pyvault.rotation.decide import RemoteKey

if TYPE_CHECKING:
    from pyvault.aws.calls import AccessKey, AwsCalls, CallerIdentity, Iam
    from pyvault.config.clients import ClientSettings
    from pyvault.model import Credentials, StoredCredentials

#: Stands for "we may not know": such a key is never taken for one that nobody uses.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class OwnKeys:
    """The caller's own access keys; see :class:`pyvault.rotation.tools.KeyCalls`."""

    def __init__(self, calls: AwsCalls, settings: ClientSettings) -> None:
        self._calls = calls
        self._settings = settings

    def list_keys(self, signer: Credentials) -> list[RemoteKey]:
        """ListAccessKeys, and GetAccessKeyLastUsed where the policy allows it."""
        iam = self._iam(signer)
        return [
            RemoteKey(
                key_id=key.access_key_id,
                active=key.active,
                created=key.created or LONG_AGO,
                last_used=_last_used(iam, key),
            )
            for key in iam.list_access_keys()
        ]

    def create_key(self, signer: Credentials) -> StoredCredentials:
        """CreateAccessKey, sent once."""
        return self._iam(signer).create_access_key()

    def deactivate_key(self, signer: Credentials, key_id: str) -> None:
        """UpdateAccessKey, Status=Inactive."""
        self._iam(signer).deactivate_access_key(key_id)

    def delete_key(self, signer: Credentials, key_id: str) -> None:
        """DeleteAccessKey."""
        self._iam(signer).delete_access_key(key_id)

    def identity(self, signer: Credentials) -> CallerIdentity:
        """GetCallerIdentity."""
        return self._calls.sts(self._settings, signer).get_caller_identity()

    def _iam(self, signer: Credentials) -> Iam:
        return self._calls.iam(self._settings, signer)


def _last_used(iam: Iam, key: AccessKey) -> datetime | None:
    try:
        return iam.last_used(key.access_key_id)
    except AwsError as exc:
        if exc.code not in {"AccessDenied", "NoSuchEntity"}:
            raise
        return LONG_AGO
