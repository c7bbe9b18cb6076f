"""Lines that fit a screen: broken between words, never inside a quoted command, path or address. Pure."""

from __future__ import annotations

import re

from pyvault_cli.terminal.cell_width import cells

#: What stays together: a word, with what stands in single quotes in it; an apostrophe inside a word quotes nothing.
WORD = re.compile(r"(?:(?<!\w)'[^'\n]*'|\S)+")
LEAD = re.compile(r"[ |]*")


def wrapped(line: str, width: int, *, indent: str = "") -> list[str]:
    """Return a line as several that fit; what is longer than a line stands on one of its own.

    Args:
        line: without a newline; blanks inside a part stay.
        width: cells of the screen.
        indent: what the further ones begin with.
    """
    if cells(line) <= width:
        return [line]
    parts: list[str] = []
    start, end, lead = 0, 0, ""
    for word in WORD.finditer(line):
        if end and cells(lead + line[start : word.end()]) > width:
            parts.append(lead + line[start:end])
            start, lead = word.start(), indent
        end = word.end()
    return [*parts, lead + line[start:end]]


def question(text: str, width: int | None) -> str:
    """Return a question as it stands before its answer, broken between words where the screen is too narrow.

    Args:
        text: what is asked.
        width: cells of the screen; None if it does not say.
    """
    if width is None or cells(text) + len(": ") <= width:
        return f"{text}: "
    return "\n".join(wrapped(f"{text}:", width - 1)) + " "


def fitted(text: str, width: int) -> str:
    """Return lines that fit; what belongs to a line stands below it, behind the same blanks and bars and two more."""
    lines = (wrapped(line, width, indent=f"{_lead(line)}  ") for line in text.splitlines())
    return "".join(f"{part}\n" for parts in lines for part in parts)


def _lead(line: str) -> str:
    found = LEAD.match(line)
    return found[0] if found else ""
