"""Numbers with the nouns that agree with them."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number and what it counts: ``1 entry``, ``2 entries``; *many* is *one* with an s, if not given."""
    return f"{number} {one if number == 1 else many or one + 's'}"
