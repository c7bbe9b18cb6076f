"""SECURITY.md, cut into its promises."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "SECURITY.md"


def section(title: str) -> str:
    """Return the text below a heading."""
    return PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def guarantees() -> list[str]:
    """Return the sentences of "What we guarantee"."""
    items = re.split(r"(?m)^\d+\. ", section("What we guarantee"))[1:]
    return [text for item in items for text in re.split(r"(?<=\.) (?=[A-Z`])", " ".join(item.split()))]


def rows() -> dict[str, tuple[list[str], list[str]]]:
    """Return what each attacker can and can not do."""
    table = [line.strip("| ").split(" | ") for line in section("Attacker by attacker").splitlines() if line[:1] == "|"]
    return {attacker: (parts(can), parts(can_not)) for attacker, can, can_not in table[2:]}


def parts(cell: str) -> list[str]:
    """Cut a cell at its semicolons, those in parentheses left alone."""
    found, depth = [""], 0
    for char in cell:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == ";" and depth == 0:
            found.append("")
        else:
            found[-1] += char
    return [part.strip() for part in found]
