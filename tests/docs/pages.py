"""Reading our Markdown: headings by section, tables, links; and the addresses that headings get."""

from __future__ import annotations

import re

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def without_code(text: str) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", text)


def section(text: str, title: str) -> str:
    """The text below a heading, up to the next one that is not deeper."""
    (found,) = [heading for heading in HEADING.finditer(without_code(text)) if heading[2] == title]
    rest = found.string[found.end() :]
    following = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def headings(text: str) -> dict[str, list[str]]:
    """The titles by the number of the section that they stand in; '' before the first number."""
    found: dict[str, list[str]] = {"": []}
    number = ""
    for _, title in HEADING.findall(without_code(text)):
        numbered = re.match(r"(\d+)\. ", title)
        if numbered:
            number = numbered[1]
        found.setdefault(number, []).append(title)
    return found


def tables(text: str) -> list[list[list[str]]]:
    """Every table, its head first, as rows of cells."""
    found: list[list[list[str]]] = []
    for block in re.findall(r"(?:^\|.*\n?)+", without_code(text), re.MULTILINE):
        rows = [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])] for line in block.strip().splitlines()
        ]
        found.append([rows[0], *rows[2:]])
    return found


def anchors(text: str) -> set[str]:
    """The addresses of a page's headings, as GitHub and Python-Markdown make them."""
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for _, title in HEADING.findall(without_code(text))
    }


def links(text: str) -> list[str]:
    """Where the page's links lead."""
    return re.findall(r"\]\(([^)\s]+)\)", without_code(text))
