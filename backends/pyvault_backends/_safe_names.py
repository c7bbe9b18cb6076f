"""Item names as texts that any store keeps apart and gives back.

Letters, digits and ``._-`` stay; everything else is percent-encoded. A name
that was encoded, or has upper case, or is long, gets a hash behind ``~``: on a
disk or in a store that ignores case, ``Prod`` and ``prod`` stay two names. A
long name is cut into several parts, each of which fits a file name.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pyvault.errors import InvalidNameError
from pyvault.names import check_item_name, item_name

if TYPE_CHECKING:
    from pyvault.names import ItemName

PLAIN = re.compile(r"[a-z0-9_][a-z0-9._-]*")  # first: no hidden file, no option of a command line
UNSAFE = re.compile(rb"[^A-Za-z0-9._-]")
LONGEST_PART = 120  # characters; file systems allow 255 bytes, and some encrypting ones 143
HASH_DIGITS = 8
CONTINUED = "+"  # ends every part but the last, so that no part is also the name of an item


def encode_name(name: ItemName) -> str:
    """Write an item name as ``kind/part[+/part...]``.

    Raises:
        InvalidNameError: a name that could not be read back.
    """
    check_item_name(name)
    encoded = name.name
    if not PLAIN.fullmatch(encoded) or len(encoded) > LONGEST_PART:
        digest = hashlib.sha256(name.name.encode()).hexdigest()[:HASH_DIGITS]
        encoded = f"{_percent(name.name)}~{digest}"
    parts = [encoded[start : start + LONGEST_PART] for start in range(0, len(encoded), LONGEST_PART)]
    return f"{name.kind}/{f'{CONTINUED}/'.join(parts)}"


def decode_name(text: str) -> ItemName | None:
    """Read an item name back; None for what :func:`encode_name` did not write.

    A kind of a later version is None too: its items stay untouched, but a name alone does not show that they are ours.
    """
    kind, _, encoded = text.partition("/")
    whole = encoded.replace(f"{CONTINUED}/", "")
    try:
        name = item_name(kind, unquote(whole.rpartition("~")[0] or whole, errors="strict"))
        return name if encode_name(name) == text else None
    except (InvalidNameError, UnicodeDecodeError):
        return None


def _percent(text: str) -> str:
    encoded = UNSAFE.sub(lambda match: b"%%%02X" % match[0][0], text.encode()).decode()
    return f"%{ord(encoded[0]):02X}{encoded[1:]}" if encoded[0] in ".-" else encoded
