"""Small pictures as SVG: text in a grid of characters, and boxes around it. No script, no font but the reader's own.

A picture has its own dark ground, so it looks the same on a light and on a dark page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

WIDE, HIGH = 8.4, 20  # of a character, and of a line, at 14 px
EDGE = 18
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
#: Classes of text. Each has at least 4.5:1 on the ground and on boxes. Source: WCAG 2.2, 1.4.3.
COLOURS = {"": "#e6e9ef", "dim": "#a9b4c4", "key": "#8fd3ff", "typed": "#ffe08a", "good": "#a5e3a1"}
GROUND, BOX, LINE = "#1b2130", "#273042", "#6b7a94"

Piece = tuple[str, str]
"""A class of text, and the text."""


def text(column: float, row: float, pieces: Iterable[Piece]) -> str:
    """Return one line of text.

    Args:
        column, row: where it begins, in characters.
        pieces: of the line.
    """
    spans = "".join(
        f'<tspan class="{kind}">{escape(words)}</tspan>' if kind else escape(words) for kind, words in pieces
    )
    return f'<text x="{EDGE + column * WIDE:g}" y="{EDGE + row * HIGH + 14:g}" xml:space="preserve">{spans}</text>'


def box(column: float, row: float, width: float, height: float) -> str:
    """Return a box around characters."""
    x, y = EDGE + column * WIDE - 8, EDGE + row * HIGH - 6
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width * WIDE + 16:g}" height="{height * HIGH + 12:g}" rx="6" '
        f'fill="{BOX}" stroke="{LINE}"/>'
    )


def arrow(column: float, row: float, rows: float) -> str:
    """Return an arrow downwards."""
    x, y = EDGE + column * WIDE, EDGE + row * HIGH
    tip = y + rows * HIGH
    return f'<path d="M{x:g} {y:g}V{tip:g}m-5 -7l5 7l5 -7" fill="none" stroke="{LINE}" stroke-width="2"/>'


def picture(title: str, columns: float, rows: float, parts: Sequence[str]) -> str:
    """Return a whole picture.

    Args:
        title: what it shows, for who can't see it.
        columns, rows: its size in characters.
        parts: what is in it.
    """
    width, height = columns * WIDE + 2 * EDGE, rows * HIGH + 2 * EDGE
    classes = "".join(f".{kind}{{fill:{colour}}}" for kind, colour in COLOURS.items() if kind)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label={quoteattr(title)}>'
    )
    style = f"text{{font:14px {FONT};fill:{COLOURS['']}}}{classes}"
    ground = f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", f"<style>{style}</style>", ground, *parts, "</svg>\n"])
