"""What a payload looks like in a store that is not ours.

::

    {"pyvault": 1, "kind": "credential", "name": "prod", "data": "<base64>"}

All of it text, because some stores keep nothing else. The kind and the name are
inside, so that an item copied over another one in the store is an error and
not somebody else's credentials; whoever may write to the store can still put a
whole forged envelope there, which SECURITY.md says. A cut-off item does not
parse, which matters where the store reports success for one (gpg does).
"""

from __future__ import annotations

import base64
import binascii
import json

from pyvault.errors import InvalidNameError, ItemCorruptError
from pyvault.names import ItemName, check_item_name, name_in_store
from pyvault.secret import Secret
from pyvault.storage.item_codec import parse_object

VERSION = 1
FIELDS = frozenset({"pyvault", "kind", "name", "data"})


def seal_envelope(name: ItemName, data: Secret[bytes], *, ascii_only: bool = True) -> Secret[str]:
    """Wrap a payload together with its own name, in one line.

    Args:
        name: goes in as it is.
        data: goes in as base64.
        ascii_only: False keeps a name of other letters shorter, in a store of
            few characters.

    Raises:
        InvalidNameError: a name that could not be read back.
    """
    check_item_name(name)
    return Secret(
        json.dumps(
            {
                "pyvault": VERSION,
                "kind": name.kind,
                "name": name.name,
                "data": base64.b64encode(data.reveal()).decode(),
            },
            separators=(",", ":"),
            ensure_ascii=ascii_only,
        )
    )


def open_envelope(name: ItemName, text: Secret[bytes]) -> Secret[bytes]:
    """Unwrap a payload and check that it is the one that was asked for.

    Raises:
        ItemCorruptError: not an envelope, cut off, of a newer version, or of
            another item.
    """
    found, data = read_envelope(text, of=f"the item '{name}'")
    if found != name:
        raise ItemCorruptError(f"the item '{name}' holds '{found}'", hint="somebody moved items in the store by hand")
    return data


def read_envelope(text: Secret[bytes], *, of: str) -> tuple[ItemName, Secret[bytes]]:
    """Unwrap an item whose name is not known yet, as when listing.

    Raises:
        ItemCorruptError: not an envelope, cut off, or of a newer version.
    """
    record = parse_object(text, of=of)
    if record.get("pyvault") != VERSION or record.keys() != FIELDS:
        raise ItemCorruptError(f"{of} is not an envelope of pyvault")
    kind, name, data = record["kind"], record["name"], record["data"]
    if not (isinstance(kind, str) and isinstance(name, str) and isinstance(data, str)):
        raise ItemCorruptError(f"{of} is not an envelope of pyvault")
    try:
        return name_in_store(kind, name), Secret(base64.b64decode(data, validate=True))
    except (InvalidNameError, binascii.Error, ValueError):
        raise ItemCorruptError(f"{of} is damaged") from None
