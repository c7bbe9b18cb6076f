"""The tables of ``list`` and its kin: aligned in cells, the way aws-vault aligns them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.printable import printable
from pyvault_cli.terminal.cell_width import cells
from pyvault_cli.terminal.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

NARROWEST = 25  # aws-vault's minimum cell width
PADDING = 2
LAST = 16  # cells that a last column needs, to be read when it is broken


def aws_vault_table(rows: Iterable[Sequence[str]], *, width: int | None = None) -> str:
    """Align the rows of ``list`` under aws-vault's headings.

    Every cell, also the last of a row, is padded to its column's width: at
    least 25 characters, and 2 more than the longest text. Scripts cut there.

    Args:
        rows: what stands below the headings.
        width: of the screen of a person, who sees cells, and whose lines shall fit; None for a program.
    """
    headings = ("Profile", "Credentials", "Sessions")
    rules = tuple("=" * len(heading) for heading in headings)
    lines = [headings, rules, *rows]
    if width is not None:
        return aligned(lines, narrowest=NARROWEST, width=width)
    return "".join(f"{line}\n" for line in _lines(lines, NARROWEST, width=len))


def aligned(rows: Sequence[Sequence[str]], *, narrowest: int = 0, width: int | None = None) -> str:
    """Align columns as a terminal shows them; what it would act upon is escaped.

    Args:
        rows: the headings first.
        narrowest: cells of a column.
        width: of a screen that the lines shall fit: first the air goes, then the last column is
            broken, and where there is no room for that either, its cells stand below each other.
    """
    lines = [line.rstrip() for line in _lines(rows, narrowest, width=cells)]
    if width is None or all(cells(line) <= width for line in lines):
        return "".join(f"{line}\n" for line in lines)
    return aligned(rows, width=width) if narrowest else "".join(f"{line}\n" for line in _folded(rows, width))


def _folded(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    before = sum(max(cells(printable(cell)) + PADDING for cell in column) for column in [*zip(*rows, strict=True)][:-1])
    if width - before < LAST:
        yield from _stacked(rows, width)
        return
    for line in _lines(rows, 0, width=cells):
        yield from wrapped(line.rstrip(), width, indent=" " * before)


def _stacked(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    headings, *others = rows
    for first, *more in others:
        if set(first) == {"="}:  # a rule below the headings
            continue
        yield printable(first)
        for heading, cell in zip(headings[1:], more, strict=True):
            if cell:
                yield from wrapped(f"  {heading}: {printable(cell)}", width, indent=" " * 4)


def _lines(rows: Sequence[Sequence[str]], narrowest: int, *, width: Callable[[str], int]) -> list[str]:
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(narrowest, *(width(cell) + PADDING for cell in column)) for column in zip(*shown, strict=True)]
    return ["".join(cell + " " * (full - width(cell)) for cell, full in zip(row, widths, strict=True)) for row in shown]
