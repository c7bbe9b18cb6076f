"""aws-vault's records, read into ours.

Some of its stores hold an *item*, ``{"Key": ..., "Data": "<base64>", ...}``,
others the data alone: the AWS SDK's ``Credentials`` as JSON. What else lies in
the same store (sessions, SSO tokens) is told by its name; see ``names``.

Source: the behaviour of aws-vault 7 and of its keyring library.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from pyvault.errors import ItemCorruptError
from pyvault.model import StoredCredentials
from pyvault.secret import Secret
from pyvault.storage.item_codec import encode_credentials, parse_object

if TYPE_CHECKING:
    from collections.abc import Mapping


class ForeignItemError(ItemCorruptError):
    """It is nothing of aws-vault's: in a store shared with others no damage, but somebody else's."""


def read_item(text: Secret[bytes], *, of: str, name: str) -> Secret[bytes]:
    """Read an item into a record of ours.

    Args:
        text: the item.
        of: what it is, for the messages.
        name: what it has to be: aws-vault itself takes a file that was renamed
            for the other profile's key.

    Raises:
        ForeignItemError: not an item.
        ItemCorruptError: a damaged one, or the item of another name.
    """
    foreign = ForeignItemError(f"{of} is not an item of aws-vault")
    try:
        item = parse_object(text, of=of)
    except ItemCorruptError:
        raise foreign from None
    key, data = item.get("Key"), item.get("Data")
    if not isinstance(data, str):
        raise foreign
    if isinstance(key, str) and key and name.endswith(f"/{key}"):
        folder = name.removesuffix(f"/{key}")
        hint = f"--pass-prefix {folder} reads that folder"
        raise ItemCorruptError(f"{of} is in the folder '{folder}'", hint=hint)
    if key != name:
        raise ItemCorruptError(f"{of} holds the key of {key!r}", hint="somebody renamed it in aws-vault's store")
    try:
        return read_data(Secret(base64.b64decode(data, validate=True)), of=of)
    except ValueError:  # binascii.Error is one; another stands for characters outside ASCII
        raise ItemCorruptError(f"{of} is damaged") from None


def is_item(text: Secret[bytes], name: str) -> bool:
    """Return whether this is aws-vault's item of this name, damaged or not."""
    try:
        item = parse_object(text, of=name)
    except ItemCorruptError:
        return False
    return item.get("Key") == name and isinstance(item.get("Data"), str)


def read_data(text: Secret[bytes], *, of: str) -> Secret[bytes]:
    """Read the SDK's credentials into a record of ours.

    Raises:
        ItemCorruptError: not such a record, or a temporary one.
    """
    record = parse_object(text, of=of)
    if _text(record, "SessionToken"):
        raise ItemCorruptError(f"{of} holds temporary credentials")
    key_id, secret = _text(record, "AccessKeyID"), Secret(_text(record, "SecretAccessKey"))
    if not key_id or not secret:
        raise ItemCorruptError(f"{of} holds no access key")
    return encode_credentials(StoredCredentials(access_key_id=key_id, secret_access_key=secret))


def _text(record: Mapping[str, object], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""
