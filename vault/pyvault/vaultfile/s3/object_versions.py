"""The versions of the object as backups: listed, opened, deleted.

Versions are never deleted one by one: only all of them, where something was revoked that
they still open or hold. Where the bucket does not let go of them, that is told.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from pyvault.errors import AwsError, ItemNotFoundError, PyvaultError, VaultNotFoundError, WriteFailedError
from pyvault.vaultfile.disk.backups import Backup
from pyvault.vaultfile.format.header import FIXED_SIZE, Header, parse_fixed
from pyvault.vaultfile.s3.bucket_checks import find_replicas
from pyvault.vaultfile.s3.object_content import ObjectContent

if TYPE_CHECKING:
    from pyvault.files.file_checks import FileChecks
    from pyvault.vaultfile.place import Look
    from pyvault.vaultfile.s3.bucket_object import BucketObject, Version

SHOWN: Final = 20  # each costs a request
REMEDY: Final = (
    "whoever can read them needs an old key only; pyvault vault rekey protects what is written from now on, and the "
    "stored keys have to be rotated"
)


class OneVersion:
    """A version to read a vault from."""

    def __init__(self, target: BucketObject, name: str, version: Version) -> None:
        self._target = target
        self._name = name
        self._version = version

    def __str__(self) -> str:
        return f"{self._name}?versionId={self._version.version_id}"

    def open(self, checks: FileChecks, look: Look = "any") -> ObjectContent:
        """Get the whole version."""
        del checks, look
        got = self._target.get(version=self._version.version_id)
        if got is None:
            raise VaultNotFoundError(f"there is no '{self}'")
        return ObjectContent(str(self), got.body, tag=got.tag, modified=got.modified)


def list_versions(target: BucketObject, name: str) -> list[Backup]:
    """Return the earlier versions, the newest first; each with the unverified beginning of its header."""
    found: list[Backup] = []
    for number, version in enumerate(_earlier(target)[:SHOWN], 1):
        header = _header(target, version)
        found.append(
            Backup(
                number=number,
                path=str(OneVersion(target, name, version)),
                size=version.size,
                modified=version.modified,
                generation=header.generation if header else None,
                vault_id=header.vault_id if header else None,
            )
        )
    return found


def find_version(target: BucketObject, name: str, number: int) -> OneVersion:
    """Return an earlier version.

    Raises:
        ItemNotFoundError: there is none with this number.
    """
    earlier = _earlier(target)
    if number not in range(1, len(earlier) + 1):
        raise ItemNotFoundError(
            f"there is no backup {number} of '{name}'", hint="a bucket keeps earlier states only with versioning"
        )
    return OneVersion(target, name, earlier[number - 1])


def delete_versions(target: BucketObject, name: str) -> int:
    """Delete all but the present version, and return how many there were.

    Raises:
        WriteFailedError: not all are gone, or it isn't known.
    """
    try:
        earlier = _earlier(target)
    except PyvaultError as problem:
        raise WriteFailedError(
            f"it is not known whether '{name}' has earlier versions, which would have to be deleted: {problem.message}",
            hint=REMEDY,
        ) from None
    refused: list[str] = []
    for version in earlier:
        try:
            target.delete(version.version_id)
        except VaultNotFoundError:
            continue
        except PyvaultError as problem:
            refused.append(problem.code if isinstance(problem, AwsError) else problem.message)
    if refused:
        count = "1 earlier version" if len(refused) == 1 else f"{len(refused)} earlier versions"
        raise WriteFailedError(
            f"{count} of '{name}' could not be deleted: {', '.join(dict.fromkeys(refused))}", hint=REMEDY
        )
    replicas = find_replicas(target)
    if replicas:
        raise WriteFailedError(
            f"earlier versions of '{name}' are left where it is replicated to: {replicas}", hint=REMEDY
        )
    return len(earlier)


def _earlier(target: BucketObject) -> list[Version]:
    return [version for version in target.versions() if not version.latest]


def _header(target: BucketObject, version: Version) -> Header | None:
    with contextlib.suppress(PyvaultError):
        start = target.get(version=version.version_id, most=FIXED_SIZE)
        return None if start is None else parse_fixed(start.body, version.size, "").header
    return None
