"""What a bucket must be, and what it should be: for ``vault init`` and ``doctor``.

Source: S3 User Guide, "Replicating objects", "Using versioning in S3 buckets", "Blocking
public access", "Using Object Lock".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pyvault.errors import AwsError, BackendUnavailableError, PyvaultError, VaultNotFoundError
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_s3.client import S3Client

    from pyvault.vaultfile.s3.bucket_object import BucketObject

    Answer = Mapping[str, Any]  # Any: parsed by botocore
    Ask = Callable[[S3Client, str, dict[str, Any]], Answer]  # Any: as above

NOT_OFFERED: Final = frozenset({"NotImplemented", "MethodNotAllowed", "Unknown"})


class BucketFact(Record):
    """One thing about the bucket.

    Attributes:
        ok: False for what endangers the vault.
        hint: the remedy; never missing where it is not ok.
    """

    ok: bool
    message: str
    hint: str | None = None


class _Unknown(Exception):  # noqa: N818 - not an error, an answer
    """The fact can't be looked at."""


def refuse_replication(target: BucketObject, name: str) -> None:
    """Refuse a bucket that is replicated: compare-and-swap compares with one copy only.

    Raises:
        BackendUnavailableError: it is.
    """
    try:
        replicas = find_replicas(target)
    except PyvaultError:  # whoever may not look at it is told by doctor
        return
    if replicas:
        raise BackendUnavailableError(
            f"the bucket of '{name}' is replicated to {replicas}: two writers could each win in one of them",
            hint="use a bucket without replication; its versions are the backups",
        )


def find_replicas(target: BucketObject) -> str | None:
    """Return the names of the buckets that this one is replicated to; None if there are none, or nobody may know."""
    try:
        answer = _ask(target, "s3:GetReplicationConfiguration", _replication)
    except _Unknown:
        return None
    rules = answer.get("ReplicationConfiguration", {}).get("Rules", [])
    named = sorted(
        {str(rule.get("Destination", {}).get("Bucket", "")) for rule in rules if rule.get("Status") == "Enabled"}
    )
    return ", ".join(name.rpartition(":")[2] for name in named) or None


def examine_bucket(target: BucketObject) -> Iterator[BucketFact]:
    """Look at what decides over the safety of a vault in this bucket."""
    for look in (_versioning, _public, _encryption, _object_lock, _replicas, _replica):
        try:
            yield look(target)
        except _Unknown as unknown:
            yield BucketFact(ok=True, message=f"not checked: {unknown}")


def _versioning(target: BucketObject) -> BucketFact:
    answer = _ask(
        target,
        "s3:GetBucketVersioning",
        lambda client, bucket, owner: client.get_bucket_versioning(Bucket=bucket, **owner),
    )
    if answer.get("Status") == "Enabled":
        return BucketFact(ok=True, message="the bucket keeps versions")
    return BucketFact(
        ok=False, message="the bucket keeps no versions: there are no backups", hint="turn on versioning of the bucket"
    )


def _public(target: BucketObject) -> BucketFact:
    answer = _ask(
        target,
        "s3:GetBucketPolicyStatus",
        lambda client, bucket, owner: client.get_bucket_policy_status(Bucket=bucket, **owner),
    )
    if not answer.get("PolicyStatus", {}).get("IsPublic", False):
        return BucketFact(ok=True, message="the bucket's policy is not public")
    return BucketFact(
        ok=False,
        message="the bucket is public: everybody can copy the vault, and guess its passphrase",
        hint="block public access, then pyvault vault rekey",
    )


def _encryption(target: BucketObject) -> BucketFact:
    answer = _ask(
        target,
        "s3:GetEncryptionConfiguration",
        lambda client, bucket, owner: client.get_bucket_encryption(Bucket=bucket, **owner),
    )
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    kinds = {str(rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "")) for rule in rules} - {""}
    shown = ", ".join(sorted(kinds)) or "not set by the bucket; S3 of AWS always encrypts"
    return BucketFact(ok=True, message=f"encryption at rest: {shown}")


def _object_lock(target: BucketObject) -> BucketFact:
    answer = _ask(
        target,
        "s3:GetBucketObjectLockConfiguration",
        lambda client, bucket, owner: client.get_object_lock_configuration(Bucket=bucket, **owner),
    )
    if answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
        return BucketFact(ok=True, message="no Object Lock: what is revoked can be deleted")
    return BucketFact(
        ok=False,
        message="the bucket has Object Lock: earlier versions survive passwd, slot remove, rekey and purge",
        hint="use a bucket without it, or rekey and rotate the stored keys whenever something is revoked",
    )


def _replicas(target: BucketObject) -> BucketFact:
    replicas = find_replicas(target)
    if replicas is None:
        return BucketFact(ok=True, message="the bucket is not replicated to others")
    return BucketFact(
        ok=False,
        message=f"the bucket is replicated to {replicas}: a vault is written safely in one bucket only",
        hint="end the replication, or let nobody write the other one",
    )


def _replica(target: BucketObject) -> BucketFact:
    try:
        got = target.get(most=1)
    except (AwsError, VaultNotFoundError):
        raise _Unknown("whether the vault was replicated from another bucket") from None
    if got is None or not got.replica:
        return BucketFact(ok=True, message="the vault was written to this bucket itself")
    return BucketFact(
        ok=False,
        message="the vault was replicated here from another bucket: a change here is lost there",
        hint="name the bucket that is written",
    )


def _replication(client: S3Client, bucket: str, owner: dict[str, Any]) -> Answer:  # Any: as above
    return client.get_bucket_replication(Bucket=bucket, **owner)


def _ask(target: BucketObject, permission: str, ask: Ask) -> Answer:
    """Return the answer of a call about the bucket; an empty one where nothing is configured.

    Raises:
        _Unknown: it is refused, or this S3 has no such call.
    """
    try:
        return target.of_bucket(permission, ask)
    except VaultNotFoundError:  # S3 answers 404 for what is not configured
        return {}
    except AwsError as problem:
        kind = "this S3 does not know it" if problem.code in NOT_OFFERED else problem.code
        raise _Unknown(f"{permission} ({kind})") from None
