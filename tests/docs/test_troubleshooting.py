"""docs/troubleshooting.md quotes the messages as the program has them."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from docs.pages import section, tables

TEXT = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text(encoding="utf-8")

#: Sections whose messages are ours; what AWS says is no literal of the program.
OURS = ("The profile", "What opens the vault", "The vault file", "The store")

WORD = re.compile(r"[A-Za-z_']+")

#: How many pairs of neighbouring words of a message have to stand in the program; between the others is a value.
MOST = 0.6


def quoted() -> list[str]:
    """List the messages of the first column."""
    rows = [row for title in OURS for table in tables(section(TEXT, title)) for row in table[1:]]
    return [message for row in rows for message in re.findall(r"`([^`]+)`", row[0]) if " " in message]


def pairs(text: str) -> set[tuple[str, str]]:
    words = [word.strip("'") for word in WORD.findall(text)]
    return set(pairwise(words))


@cache
def known_pairs() -> frozenset[tuple[str, str]]:
    """Return the pairs of words in the texts of the program."""
    found: set[tuple[str, str]] = set()
    for package in ("pyvault", "pyvault_backends", "pyvault_cli"):
        module = importlib.import_module(package)
        assert module.__file__
        for path in Path(module.__file__).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found |= pairs(node.value)
    return frozenset(found)


@pytest.mark.parametrize("message", quoted())
def test_a_message_of_the_page_is_one_of_the_program(message: str) -> None:
    wanted = pairs(message)
    missing = wanted - known_pairs()
    assert len(missing) <= (1 - MOST) * len(wanted), missing


def test_the_page_quotes_many() -> None:
    assert len(quoted()) > 25


def test_words_that_nobody_wrote_are_missed() -> None:
    assert len(pairs("the vault was swallowed by a whale") - known_pairs()) > (1 - MOST) * 6
