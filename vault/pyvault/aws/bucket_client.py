"""A client for one bucket: its own session, one attempt for each call, bounded in time."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pyvault.aws import botocore_guards
from pyvault.aws.client import new_session
from pyvault.aws.error_answers import making_client
from pyvault.aws.machine_credentials import find_credentials
from pyvault.config.ca_bundle import OF_AWS, checked_bundle, find_ca_bundle
from pyvault.record import Record
from pyvault.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_s3.client import S3Client

T = TypeVar("T")

DEFAULT_REGION = "us-east-1"


class BucketSettings(Record):
    """How a bucket is reached.

    Attributes:
        region: None leaves it to the environment.
        endpoint_url: of another S3 than AWS's.
        profile: whose credentials are used; None for the machine's own.
        connect_timeout, read_timeout: seconds.
    """

    region: str | None = None
    endpoint_url: str | None = None
    profile: str | None = None
    connect_timeout: float
    read_timeout: float


def make_bucket_client(settings: BucketSettings, environ: Mapping[str, str]) -> S3Client:
    """Return a client that takes nothing from the environment but credentials, region and trusted certificates.

    It sends each request once: a write must not be repeated by whoever doesn't know what it means.

    Raises:
        CredentialsError, AwsUnreachableError: there are no credentials; see
            :func:`~pyvault.aws.machine_credentials.find_credentials`.
        ConfigError: the CA bundle is not a file.
    """
    from botocore.config import Config

    region = settings.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    session: Any = new_session("regional")  # Any: for its credentials, below
    options: dict[str, Any] = {  # Any: of Config
        "retries": {"mode": "standard", "total_max_attempts": 1},
        "connect_timeout": settings.connect_timeout,
        "read_timeout": settings.read_timeout,
        "user_agent_extra": f"pyvault/{__version__}",
        "s3": {"addressing_style": "auto" if settings.endpoint_url is None else "path"},
        "request_checksum_calculation": "when_required",  # other engines don't know those of AWS's newer clients
    }
    session._credentials = find_credentials(environ, profile=settings.profile, region=region)  # noqa: SLF001 - no other door takes credentials that renew themselves
    with making_client("s3"):
        client: object = session.create_client(
            "s3",
            region_name=region,
            endpoint_url=settings.endpoint_url,
            verify=checked_bundle(find_ca_bundle(environ.get(OF_AWS), environ)),
            config=Config(**options),
        )
    botocore_guards.bound(client)
    _stay_here(client)
    return cast("S3Client", client)


def _stay_here(client: Any) -> None:  # Any: a client's events have no types
    """Keep botocore from following redirects to other regions: a server that always redirects would be asked for ever.

    Source: botocore.utils, S3RegionRedirectorv2.redirect_from_error.
    """

    def mark(params: dict[str, Any], **_: object) -> None:
        params.get("context", {}).setdefault("s3_redirect", {})["redirected"] = True

    client.meta.events.register("before-call.s3", mark)


class TooSlowError(Exception):
    """A call did not end in time."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return the result of a call, which is left alone after so many seconds.

    A server that sends a byte now and then meets no time-out of a socket.

    Raises:
        TooSlowError: it has not ended by then.
    """
    results: list[T] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as exc:  # noqa: BLE001 - raised again where the caller is
            problems.append(exc)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join(seconds)
    if problems:
        raise problems[0]
    if not results:
        raise TooSlowError
    return results[0]
