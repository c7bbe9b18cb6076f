"""XML as AWS's Query protocol writes it, from plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import TypeAlias

from .clock import rfc3339

#: A text, a number, a time, a structure, a list (of ``member`` elements), or nothing at all.
Xml: TypeAlias = "str | int | bool | datetime | Mapping[str, Xml] | Sequence[Xml] | None"


def element(name: str, value: Xml, *, xmlns: str | None = None) -> str:
    """Write one element with everything below it; None leaves it out."""
    if value is None:
        return ""
    attribute = f' xmlns="{xmlns}"' if xmlns else ""
    return f"<{name}{attribute}>{_content(value)}</{name}>"


def _content(value: Xml) -> str:
    match value:
        case bool() | int():
            return str(value).lower()
        case str():
            return escape(value)
        case datetime():
            return rfc3339(value)
        case Mapping():
            return "".join(element(name, child) for name, child in value.items())
        case Sequence():
            return "".join(element("member", child) for child in value)
        case None:
            return ""
