"""Which object a vault is: endpoint, bucket and key, whatever way the URL was written. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyvault.errors import InvalidSettingError
from pyvault.record import Record

if TYPE_CHECKING:
    from typing import Final

SCHEME: Final = "s3://"
EXAMPLE: Final = "write s3://BUCKET/KEY, as in s3://our-vault/team.pyv"
#: Source: S3 User Guide, "General purpose bucket naming rules".
BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
MAX_KEY: Final = 1024  # bytes of UTF-8. Source: S3 User Guide, "Naming Amazon S3 objects"
PORTS: Final = {"https": 443, "http": 80}
#: How the alias of a Multi-Region Access Point ends.
#: Source: S3 User Guide, "Rules for naming Amazon S3 Multi-Region Access Points".
MULTI_REGION: Final = ".mrap"


class Location(Record):
    """An object.

    Attributes:
        endpoint: normalised; None for AWS's own.
    """

    endpoint: str | None
    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

    @property
    def identity(self) -> str:
        """The text for the trust file: one for each object."""
        return str(self) if self.endpoint is None else f"{self} at {self.endpoint}"


def parse_location(url: str, endpoint_url: str | None) -> Location:
    """Return the object that a URL names.

    Raises:
        InvalidSettingError: it names none, or one where compare-and-swap can't work.
    """
    if url[: len(SCHEME)].lower() != SCHEME:
        raise InvalidSettingError(f"the vault '{url}' is not an S3 URL", hint=EXAMPLE)
    bucket, slash, key = url[len(SCHEME) :].partition("/")
    if "@" in bucket or (":" in bucket and "@" in key):  # other programs take keys there, which may have a slash
        raise InvalidSettingError(
            f"the vault '{SCHEME}***' has credentials in its URL",
            hint="they come from the machine, or from the profile that the option aws_profile names",
        )
    if bucket.lower().endswith(MULTI_REGION) or ":" in bucket:
        raise InvalidSettingError(
            f"the vault '{url}' names an access point; those of several Regions have several copies, and a write is "
            "compared with one of them only",
            hint="name the bucket itself",
        )
    if not BUCKET.fullmatch(bucket):
        raise InvalidSettingError(f"the vault '{url}' has no valid name of a bucket", hint=EXAMPLE)
    if not slash or not key or key.endswith("/") or not key.isprintable() or len(key.encode()) > MAX_KEY:
        raise InvalidSettingError(f"the vault '{url}' has no valid key of an object", hint=EXAMPLE)
    return Location(endpoint=None if not endpoint_url else _normal(endpoint_url), bucket=bucket, key=key)


def _normal(endpoint_url: str) -> str:
    try:
        parts = urlsplit(endpoint_url)
        port, scheme = parts.port, parts.scheme.lower()
    except ValueError:
        raise _wrong(endpoint_url) from None
    host = parts.hostname
    if not host or scheme not in PORTS or parts.query or parts.fragment or parts.username is not None:
        raise _wrong(endpoint_url)
    named = f"[{host}]" if ":" in host else host
    return f"{scheme}://{named}" + ("" if port in {None, PORTS[scheme]} else f":{port}") + parts.path.rstrip("/")


def _wrong(endpoint_url: str) -> InvalidSettingError:
    # It may have a password before the host, or a signature after the path.
    shown = "***" if re.search(r"[@?#]", endpoint_url) else endpoint_url
    return InvalidSettingError(
        f"the option 'endpoint_url' is '{shown}'", hint="write https://HOST or https://HOST:PORT"
    )
