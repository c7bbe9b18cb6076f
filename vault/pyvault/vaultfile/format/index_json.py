"""The JSON of an index, read strictly enough that it can be written back.

What this version doesn't know is written back with the next change of the vault. So a
value that Python can read but not write is refused here, and not in the middle of a write.

Source: docs/vault-format.md, section 4, "INDEX_BOX"; RFC 8259.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"


#: Nested objects and lists. An index needs six; Python's own limit depends on the caller.
MAX_DEPTH: Final = 64


def read_index_text(text: bytes) -> Json:
    """Parse the text of an index.

    Raises:
        ValueError: not JSON, a duplicate key, or something that can't be written back.
        RecursionError: nested far too deep.
    """
    document: Json = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    if text.count(b"{") + text.count(b"[") > MAX_DEPTH and _is_too_deep(document):
        raise ValueError("too deep")
    if b"\\ud" in text or b"\\uD" in text:  # half of a surrogate pair is valid only in JSON
        json.dumps(document, ensure_ascii=False).encode()
    return document


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    # Two readers that each take a different one of two equal keys see two vaults.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("no number of this size")
    return number


def _is_too_deep(document: Json) -> bool:
    level: list[Json] = [document]
    for _ in range(MAX_DEPTH):
        lists = [each for each in level if isinstance(each, list)]
        objects = [each for each in level if isinstance(each, dict)]
        level = [inner for each in lists for inner in each]
        level += [inner for each in objects for inner in each.values()]
    return any(isinstance(each, (list, dict)) for each in level)
