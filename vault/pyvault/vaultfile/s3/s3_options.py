"""The options of a vault in a bucket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyvault.aws.plain_http import refuse_plain_http
from pyvault.errors import InvalidSettingError
from pyvault.storage.backend_options import seconds_option
from pyvault.vaultfile.s3.location import parse_location
from pyvault.vaultfile.s3.s3_place import S3Place, S3Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_TIMEOUT = 2.0  # seconds
READ_TIMEOUT = 10.0
MAX_STALE = 3600.0
ACCOUNT = re.compile(r"[0-9]{12}")


def parse_s3_place(backend: str, options: Mapping[str, str], environ: Mapping[str, str]) -> S3Place:
    """Return the place that the options of a backend name.

    Raises:
        ConfigError: an invalid value.
    """
    endpoint_url = options.get("endpoint_url") or None
    location = parse_location(options["path"], endpoint_url)
    if location.endpoint is not None:
        refuse_plain_http(location.endpoint, setting=f"the option 'endpoint_url' of '{backend}'")
    owner = options.get("expected_bucket_owner") or None
    if owner is not None and not ACCOUNT.fullmatch(owner):
        raise InvalidSettingError(
            f"the option 'expected_bucket_owner' is {owner!r}", hint="an account id has 12 digits"
        )
    return S3Place(
        S3Settings(
            location=location,
            region=options.get("region") or None,
            owner=owner,
            profile=options.get("aws_profile") or None,
            connect_timeout=seconds_option(backend, options, "connect_timeout", CONNECT_TIMEOUT),
            read_timeout=seconds_option(backend, options, "read_timeout", READ_TIMEOUT),
            max_stale=seconds_option(backend, options, "max_stale", MAX_STALE, longest=30 * 24 * 3600),
        ),
        environ,
    )
