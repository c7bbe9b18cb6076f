"""The tables of ``list`` and its kin: aligned text, the way aws-vault aligns it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli.console import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NARROWEST = 25  # aws-vault's minimum cell width
PADDING = 2


def aws_vault_table(rows: Iterable[Sequence[str]]) -> str:
    """Align the rows of ``list`` under aws-vault's headings.

    Every cell, also the last of a row, is padded to its column's width: at
    least 25 characters, and 2 more than the longest text. Scripts cut there.
    """
    headings = ("Profile", "Credentials", "Sessions")
    rules = tuple("=" * len(heading) for heading in headings)
    return aligned([headings, rules, *rows], narrowest=NARROWEST, trailing=True)


def aligned(rows: Sequence[Sequence[str]], *, narrowest: int = 0, trailing: bool = False) -> str:
    """Align columns; what a terminal would act upon is escaped."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(narrowest, *(len(cell) + PADDING for cell in column)) for column in zip(*cells, strict=True)]
    lines = ["".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in cells]
    return "".join(f"{line if trailing else line.rstrip()}\n" for line in lines)
