"""One object and its versions: the few calls, and what each answer means.

Three kinds of failure are told apart, because different things follow from them. *Refused*
(AwsError) is an answer; nothing was done, and no copy takes its place. *Unreachable*
(AwsUnreachableError) is a network that may be better tomorrow, or a service that is
overloaded; whether a write was done is not known, but for NothingSentError. *Unusable*
(UnusableAnswerError) is an answer of somebody else, such as a captive portal.

Source: S3 API Reference, "Error responses", GetObject, PutObject, ListObjectVersions.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import time
import zlib
from typing import TYPE_CHECKING, Any, Final

from pyvault.errors import (
    AwsError,
    AwsUnreachableError,
    CredentialsError,
    NothingSentError,
    UnusableAnswerError,
    VaultGoneError,
    VaultNotFoundError,
)
from pyvault.record import Record
from pyvault.vaultfile.format.header import MAX_FILE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from botocore.exceptions import BotoCoreError
    from mypy_boto3_s3.client import S3Client

    from pyvault.aws.bucket_client import BucketSettings
    from pyvault.vaultfile.s3.location import Location

    T = TypeVar("T")

CHUNK: Final = 1 << 20
#: Seconds for all of one answer beyond the time-outs of its connection.
LONGEST_BODY: Final = 30.0
#: Codes of an overloaded service that have no status of 500 or above. Source: "Error responses", list of codes.
OVERLOADED: Final = frozenset({"SlowDown", "RequestTimeout", "TooManyRequests", "ThrottlingException"})
TOO_MANY: Final = 429
BROKEN: Final = 500
#: Source: S3 API Reference, ListObjectVersions, max-keys.
MOST_LISTED: Final = 1000
MOST_PAGES: Final = 1000


class LostRaceError(Exception):
    """The object is not, or no longer, what the write was to replace."""


class Got(Record):
    """An object as it was answered.

    Attributes:
        tag: its ETag.
        modified: epoch seconds.
        replica: it was copied here from another bucket.
    """

    tag: str
    body: bytes
    modified: float
    replica: bool


class Version(Record):
    """An earlier or the present state of the object.

    Attributes:
        modified: epoch seconds.
    """

    version_id: str
    latest: bool
    size: int
    modified: float


class BucketObject:
    """An object; the client is made by the first call."""

    def __init__(
        self, location: Location, settings: BucketSettings, environ: Mapping[str, str], owner: str | None
    ) -> None:
        self._location = location
        self._settings = settings
        self._environ = environ
        self._named: dict[str, Any] = {"Bucket": location.bucket, "Key": location.key}  # Any: parameters of calls
        self._owner: dict[str, Any] = {} if owner is None else {"ExpectedBucketOwner": owner}
        self._client: tuple[int, S3Client] | None = None

    def get(self, *, unless: str | None = None, version: str | None = None, most: int | None = None) -> Got | None:
        """Return the object; None if it is still what *unless* says.

        Args:
            unless: an ETag.
            version: an earlier state.
            most: only so many bytes from its beginning.

        Raises:
            VaultNotFoundError: there is none. VaultGoneError: there is no such bucket.
            AwsError, AwsUnreachableError, UnusableAnswerError, CredentialsError: see above.
        """
        options: dict[str, Any] = {}  # Any: parameters of the call
        if unless is not None:
            options["IfNoneMatch"] = unless
        if version is not None:
            options["VersionId"] = version
        if most is not None:
            options["Range"] = f"bytes=0-{most - 1}"

        def call(client: S3Client) -> Got | None:
            from botocore.exceptions import ClientError

            try:
                answer = client.get_object(**self._named, **self._owner, **options)
            except ClientError as exc:
                if unless is not None and _status(exc.response) == 304:
                    return None
                raise
            with contextlib.closing(answer["Body"]) as body:
                return Got(
                    tag=self._tag(answer),
                    body=_read(body, most or MAX_FILE_SIZE),
                    modified=answer["LastModified"].timestamp(),
                    replica=answer.get("ReplicationStatus") == "REPLICA",
                )

        return self.call("s3:GetObject", call)

    def put(self, body: bytes, *, over: str | None) -> str:
        """Write the object in one request, and return its ETag.

        Args:
            body: all of it.
            over: the ETag of what is to be replaced; None if there must be nothing.

        Raises:
            LostRaceError: it is not what is there.
            VaultNotFoundError: there is nothing any more. VaultGoneError: there is no such bucket.
            AwsError, NothingSentError, CredentialsError: nothing was written.
            AwsUnreachableError, UnusableAnswerError: perhaps it was written.
        """
        digest = hashlib.md5(body, usedforsecurity=False)
        proofs: dict[str, Any] = {  # Any: parameters of the call
            "ContentMD5": base64.b64encode(digest.digest()).decode(),  # Object Lock wants it
            "ChecksumCRC32": base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode(),
        }
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if over is None else {"IfMatch": over}  # Any: as above

        def call(client: S3Client) -> str:
            from botocore.exceptions import ClientError

            try:
                answer = client.put_object(**self._named, **self._owner, **condition, **proofs, Body=body)
            except ClientError as exc:
                if _status(exc.response) in {409, 412}:
                    raise LostRaceError from None
                raise
            tag = self._tag(answer)
            # Anybody may answer 200; who has the body knows one of these. Encrypted by KMS, the ETag is no MD5.
            if answer.get("ChecksumCRC32") != proofs["ChecksumCRC32"] and tag.strip('"') != digest.hexdigest():
                raise ValueError("the answer proves nothing")
            return tag

        return self.call("s3:PutObject", call)

    def versions(self) -> list[Version]:
        """Return all states that the bucket has kept, the newest first; errors as :meth:`get`."""
        found: list[Version] = []
        after: dict[str, Any] = {}  # Any: parameters of the call

        def call(client: S3Client) -> bool:
            answer = client.list_object_versions(
                Bucket=self._location.bucket, Prefix=self._location.key, MaxKeys=MOST_LISTED, **self._owner, **after
            )
            found.extend(
                Version(
                    version_id=each.get("VersionId", ""),
                    latest=each.get("IsLatest", False),
                    size=each.get("Size", 0),
                    modified=each["LastModified"].timestamp() if "LastModified" in each else 0.0,
                )
                for each in answer.get("Versions", [])
                if each.get("Key") == self._location.key
            )
            # Keys that only begin with ours come after it.
            if not answer.get("IsTruncated") or answer["NextKeyMarker"] != self._location.key:
                return False
            after.update(KeyMarker=answer["NextKeyMarker"], VersionIdMarker=answer["NextVersionIdMarker"])
            return True

        for _ in range(MOST_PAGES):
            if not self.call("s3:ListBucketVersions", call):
                return found
        raise self._foreign("s3:ListBucketVersions")

    def delete(self, version: str | None = None) -> None:
        """Delete the object, or one of its versions for good; errors as :meth:`get`."""
        which: dict[str, Any] = {} if version is None else {"VersionId": version}  # Any: as above
        self.call(
            "s3:DeleteObject" if version is None else "s3:DeleteObjectVersion",
            lambda client: client.delete_object(**self._named, **self._owner, **which),
        )

    def of_bucket(self, operation: str, call: Callable[[S3Client, str, dict[str, Any]], T]) -> T:
        """Return what a call about the bucket returns; errors as :meth:`get`."""
        return self.call(operation, lambda client: call(client, self._location.bucket, self._owner))

    def call(self, operation: str, call: Callable[[S3Client], T]) -> T:
        """Return what a call returns; its errors are those of this module."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        from pyvault.aws import botocore_guards
        from pyvault.aws.bucket_client import TooSlowError, within
        from pyvault.trace import trace

        trace(__name__, "S3: %s", operation)
        client = self._made()
        seconds = self._settings.connect_timeout + self._settings.read_timeout + LONGEST_BODY
        try:
            with botocore_guards.requests():
                return within(seconds, lambda: call(client))
        except ClientError as exc:
            raise self._refusal(operation, exc.response) from None
        except TooSlowError:
            raise AwsUnreachableError(f"{self._failed(operation)}: the answer takes too long") from None
        except BotoCoreError as exc:
            raise self._no_answer(operation, exc) from None
        except botocore_guards.AnswerTooLongError:
            raise self._foreign(operation) from None
        except OSError as exc:  # in the middle of a body
            raise AwsUnreachableError(f"{self._failed(operation)}: {type(exc).__name__}") from None
        # A parser's text is the body; and botocore fails in many ways on what is not an answer of S3.
        except (ResponseParserError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
            raise self._foreign(operation) from None

    def _made(self) -> S3Client:
        # A forked child must not share the connections of its parent.
        if self._client is None or self._client[0] != os.getpid():
            from pyvault.aws.bucket_client import make_bucket_client

            self._client = (os.getpid(), make_bucket_client(self._settings, self._environ))
        return self._client[1]

    def _refusal(self, operation: str, response: Mapping[str, Any]) -> Exception:  # Any: parsed by botocore
        from pyvault.aws.error_answers import CODE

        status, error = _status(response), response.get("Error", {})
        code = str(error.get("Code", ""))
        code = code if CODE.fullmatch(code) else "Unknown"
        if status >= BROKEN or status == TOO_MANY or code in OVERLOADED:
            return AwsUnreachableError(f"{self._failed(operation)}: the service is overloaded or broken ({code})")
        if code == "NoSuchBucket":
            return VaultGoneError(
                f"there is no bucket '{self._location.bucket}'", hint="check its name and the endpoint"
            )
        if status == 404:
            return VaultNotFoundError(
                f"there is no vault at '{self._location}'", hint="create it with pyvault add or pyvault vault init"
            )
        return AwsError(f"{operation} was refused for '{self._location}': {code}", code=code, hint=_hint(status, code))

    def _no_answer(self, operation: str, exc: BotoCoreError) -> Exception:
        from pyvault.aws.error_answers import WITHOUT_CONNECTION, reason_of
        from pyvault.aws.machine_credentials import UNREACHED

        kind = type(exc).__name__
        if kind in UNREACHED:
            made = NothingSentError if kind in WITHOUT_CONNECTION else AwsUnreachableError
            return made(f"{self._failed(operation)}: {reason_of(exc)}")
        if kind in {"SSLError", "FlexibleChecksumError"}:
            return UnusableAnswerError(f"{self._failed(operation)}: {reason_of(exc)}")
        return CredentialsError(f"{self._failed(operation)}: {reason_of(exc)}", hint="check region and credentials")

    def _tag(self, answer: Mapping[str, Any]) -> str:  # Any: parsed by botocore
        tag = answer.get("ETag")
        if not tag:
            raise ValueError("S3 names the ETag of every object")
        return str(tag)

    def _failed(self, operation: str) -> str:
        return f"{operation} got no answer for '{self._location}'"

    def _foreign(self, operation: str) -> UnusableAnswerError:
        return UnusableAnswerError(
            f"the answer to {operation} for '{self._location}' is not one of S3",
            hint="is this a network where one has to sign in first?",
        )


def _status(response: Mapping[str, Any]) -> int:  # Any: parsed by botocore
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status if isinstance(status, int) else 0


def _read(body: Any, limit: int) -> bytes:  # Any: botocore.response.StreamingBody
    """Return all of a body, which must not be longer than any vault; errors are those of a connection that breaks."""
    deadline = time.monotonic() + LONGEST_BODY
    content = bytearray()
    while part := body.read(CHUNK):
        content += part
        if len(content) > limit or time.monotonic() > deadline:
            raise ValueError("no vault is as long")
    return bytes(content)


def _hint(status: int, code: str) -> str | None:
    if code == "RequestTimeTooSkewed":
        return "the clock of this machine is wrong"
    if status in {301, 302, 303, 307, 308} or code in {"PermanentRedirect", "AuthorizationHeaderMalformed"}:
        return "the bucket is in another region: set the option region"
    if code in {"AccessDenied", "403", "Forbidden"}:
        return (
            "the credentials need s3:GetObject, s3:PutObject and s3:ListBucket (without it a vault that is not there "
            "looks like this, too); expected_bucket_owner may name another account"
        )
    if code in {"ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"}:
        return "the credentials of this machine, or those of aws_profile, are expired or wrong"
    return None
