"""The access keys of an IAM user through botocore. Source: IAM API Reference, 2010-05-08."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from pyvault.aws.calls import AccessKey
from pyvault.aws.errors import translated
from pyvault.model import StoredCredentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_iam.client import IAMClient


class BotoIam:
    """IAM with one client, and a second one that never sends twice; see :class:`pyvault.aws.calls.Iam`."""

    def __init__(self, client: IAMClient, *, sent_once: IAMClient) -> None:
        self._client = client
        self._sent_once = sent_once

    def list_access_keys(self) -> list[AccessKey]:
        """ListAccessKeys; the quota of 2 fits into one page."""
        with translated("iam:ListAccessKeys"):
            answer = self._client.list_access_keys()
            return [
                AccessKey(
                    access_key_id=key.get("AccessKeyId", ""),
                    active=key.get("Status") == "Active",
                    created=key["CreateDate"].astimezone(UTC) if "CreateDate" in key else None,
                )
                for key in answer["AccessKeyMetadata"]
            ]

    def last_used(self, access_key_id: str) -> datetime | None:
        """GetAccessKeyLastUsed; None for never."""
        with translated("iam:GetAccessKeyLastUsed"):
            answer = self._client.get_access_key_last_used(AccessKeyId=access_key_id)
        moment = answer.get("AccessKeyLastUsed", {}).get("LastUsedDate")
        return None if moment is None else moment.astimezone(UTC)

    def create_access_key(self) -> StoredCredentials:
        """CreateAccessKey, sent once."""
        with translated("iam:CreateAccessKey"):
            key = self._sent_once.create_access_key()["AccessKey"]
            return StoredCredentials(
                access_key_id=key["AccessKeyId"],
                secret_access_key=Secret(key["SecretAccessKey"]),
                created=key["CreateDate"].astimezone(UTC) if "CreateDate" in key else None,
            )

    def deactivate_access_key(self, access_key_id: str) -> None:
        """UpdateAccessKey, Status=Inactive."""
        with translated("iam:UpdateAccessKey"):
            self._client.update_access_key(AccessKeyId=access_key_id, Status="Inactive")

    def delete_access_key(self, access_key_id: str) -> None:
        """DeleteAccessKey."""
        with translated("iam:DeleteAccessKey"):
            self._client.delete_access_key(AccessKeyId=access_key_id)
