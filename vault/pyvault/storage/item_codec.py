"""Stored credentials as bytes, and back: the only parser of secret bytes.

The form is one flat JSON object, version 1::

    {"AccessKeyId": "AKIA...", "SecretAccessKey": "...", "Created": "2020-09-10T16:16:52Z", "v": 1}

``Created`` may be missing, and so may ``v`` (then it is 1). Reading is strict:
what is not exactly this is corrupt, never guessed at. No error repeats any of
the text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyvault.clock import parse_rfc3339, to_rfc3339
from pyvault.errors import ItemCorruptError
from pyvault.json_reader import UnreadableError, read_value
from pyvault.model import StoredCredentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

VERSION = 1
MAX_DOCUMENT = 2 * 1024 * 1024  # bytes; a vault file's entry is at most 1 MiB, base64 in an envelope adds a third
KNOWN = frozenset({"AccessKeyId", "SecretAccessKey", "Created", "v"})


def encode_credentials(credentials: StoredCredentials) -> Secret[bytes]:
    """Write a stored access key pair."""
    record: dict[str, object] = {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.reveal(),
    }
    if credentials.created is not None:
        record["Created"] = to_rfc3339(credentials.created)
    record["v"] = VERSION
    return Secret(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode())


def decode_credentials(data: Secret[bytes], *, of: str) -> StoredCredentials:
    """Read a stored access key pair.

    Args:
        data: as it came out of a backend; trusted no further than its length.
        of: what is being read, for the error message.

    Raises:
        ItemCorruptError: not such a record, or one of a newer pyvault.
    """
    record = parse_object(data, of=of)
    _check_version(record, of)
    if not record.keys() <= KNOWN:
        raise ItemCorruptError(f"{of} holds fields that stored credentials don't have")
    return StoredCredentials(
        access_key_id=_text(record, "AccessKeyId", of),
        secret_access_key=Secret(_text(record, "SecretAccessKey", of)),
        created=_moment(record, of),
    )


def parse_object(data: Secret[bytes], *, of: str) -> dict[str, object]:
    """Read one JSON object strictly: UTF-8, no duplicate keys, no NaN.

    Raises:
        ItemCorruptError: anything else.
    """
    if len(data) > MAX_DOCUMENT:
        raise ItemCorruptError(f"{of} is larger than anything that pyvault stores")
    try:
        parsed = read_value(data, limit=MAX_DOCUMENT, exact=True)
    except UnreadableError:
        raise ItemCorruptError(f"{of} is not a record that pyvault wrote") from None
    if not isinstance(parsed, dict):
        raise ItemCorruptError(f"{of} is not a record that pyvault wrote")
    return parsed  # pyright: ignore[reportUnknownVariableType]  # keys of JSON objects are texts


def _check_version(record: dict[str, object], of: str) -> None:
    version = record.get("v", VERSION)
    if type(version) is not int or version < 1:  # True is an int
        raise ItemCorruptError(f"{of} has no version that pyvault knows")
    if version > VERSION:
        raise ItemCorruptError(f"{of} has version {version}, newer than {VERSION}", hint="a newer pyvault wrote it")


def _text(record: dict[str, object], key: str, of: str) -> str:
    value = record.get(key)
    # A control character would split a line of an environment or a header later.
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ItemCorruptError(f"{of} has no usable {key}")
    return value


def _moment(record: dict[str, object], of: str) -> datetime | None:
    value = record.get("Created")
    if value is None:
        return None
    try:
        return parse_rfc3339(str(value))
    except ValueError:
        raise ItemCorruptError(f"{of} has no usable Created") from None
