"""The access keys of an IAM user through botocore. Source: IAM API Reference, 2010-05-08."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.aws.answers import read
from pyvault.aws.calls import AccessKey
from pyvault.aws.error_answers import translated
from pyvault.model import StoredCredentials

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mypy_boto3_iam.client import IAMClient

    from pyvault.secret import Secret


class BotoIam:
    """IAM with one client, and a second one without retries; see :class:`pyvault.aws.calls.Iam`."""

    def __init__(self, client: IAMClient, *, sent_once: IAMClient, hidden: Sequence[Secret[str]] = ()) -> None:
        """Wrap two clients of botocore.

        Args:
            client: with retries.
            sent_once: without.
            hidden: the secrets that they sign with.
        """
        self._client = client
        self._sent_once = sent_once
        self._hidden = hidden

    def list_access_keys(self) -> list[AccessKey]:
        """ListAccessKeys; the quota of 2 fits into one page."""
        with translated("iam:ListAccessKeys", hidden=self._hidden):
            answer = read(self._client.list_access_keys())
            return [
                AccessKey(
                    access_key_id=key.text("AccessKeyId"),
                    active=key.text("Status") == "Active",
                    created=key.optional_moment("CreateDate"),
                )
                for key in answer.many("AccessKeyMetadata")
            ]

    def list_mfa_devices(self) -> list[str]:
        """ListMFADevices of the caller, sent once; the quota of 8 fits into one page."""
        with translated("iam:ListMFADevices", hidden=self._hidden):
            answer = read(self._sent_once.list_mfa_devices())
            return [device.text("SerialNumber") for device in answer.many("MFADevices")]

    def last_used(self, access_key_id: str) -> datetime | None:
        """GetAccessKeyLastUsed; None for never."""
        with translated("iam:GetAccessKeyLastUsed", hidden=self._hidden):
            answer = read(self._client.get_access_key_last_used(AccessKeyId=access_key_id))
            return answer.fields("AccessKeyLastUsed").optional_moment("LastUsedDate")

    def create_access_key(self) -> StoredCredentials:
        """CreateAccessKey, sent once."""
        with translated("iam:CreateAccessKey", hidden=self._hidden):
            key = read(self._sent_once.create_access_key()).fields("AccessKey")
            return StoredCredentials(
                access_key_id=key.bearer("AccessKeyId").reveal(),
                secret_access_key=key.bearer("SecretAccessKey"),
                created=key.optional_moment("CreateDate"),
            )

    def deactivate_access_key(self, access_key_id: str) -> None:
        """UpdateAccessKey, Status=Inactive."""
        with translated("iam:UpdateAccessKey", hidden=self._hidden):
            self._client.update_access_key(AccessKeyId=access_key_id, Status="Inactive")

    def delete_access_key(self, access_key_id: str) -> None:
        """DeleteAccessKey."""
        with translated("iam:DeleteAccessKey", hidden=self._hidden):
            self._client.delete_access_key(AccessKeyId=access_key_id)
