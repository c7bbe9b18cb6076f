"""The tables of ``list`` and its kin: aligned in cells, the way aws-vault aligns them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

NARROWEST = 25  # aws-vault's minimum cell width
PADDING = 2


def aws_vault_table(rows: Iterable[Sequence[str]], *, terminal: bool = False) -> str:
    """Align the rows of ``list`` under aws-vault's headings.

    Every cell, also the last of a row, is padded to its column's width: at
    least 25 characters, and 2 more than the longest text. Scripts cut there.

    Args:
        rows: what stands below the headings.
        terminal: a person looks at it, who sees cells, and whose lines shall not wrap because of blanks.
    """
    headings = ("Profile", "Credentials", "Sessions")
    rules = tuple("=" * len(heading) for heading in headings)
    lines = [headings, rules, *rows]
    if terminal:
        return aligned(lines, narrowest=NARROWEST)
    return "".join(f"{line}\n" for line in _lines(lines, NARROWEST, width=len))


def aligned(rows: Sequence[Sequence[str]], *, narrowest: int = 0) -> str:
    """Align columns as a terminal shows them; what it would act upon is escaped."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(rows, narrowest, width=cells))


def _lines(rows: Sequence[Sequence[str]], narrowest: int, *, width: Callable[[str], int]) -> list[str]:
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(narrowest, *(width(cell) + PADDING for cell in column)) for column in zip(*shown, strict=True)]
    return ["".join(cell + " " * (full - width(cell)) for cell, full in zip(row, widths, strict=True)) for row in shown]


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
