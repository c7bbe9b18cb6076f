"""How many cells of a screen a text takes. Pure."""

from __future__ import annotations

WIDE = frozenset("WF")
#: Marks that stand on the character before them.
MARKS = frozenset({"Mn", "Me"})


def cells(text: str) -> int:
    """Return how many cells the text takes; there are no control characters in it."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(0 if category(char) in MARKS else 1 + (east_asian_width(char) in WIDE) for char in text)


def padded(text: str, width: int) -> str:
    """Return the text with blanks behind it up to a width in cells."""
    return text + " " * (width - cells(text))
