"""docs/troubleshooting.md quotes the messages as the program has them."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from docs.pages import section, tables

TEXT = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text(encoding="utf-8")

SECTIONS = ("The profile", "What opens the vault", "The vault file", "AWS", "The store")

#: What AWS itself says is no literal of the program.
FOREIGN = "AWS refused "

#: What a message has of the user's: names, numbers, variables, and what the page leaves out.
VALUE = re.compile(r"\.\.\.|'[^']*'|\b\d\w*\b|\b[A-Z]+_[A-Z_]+\b|[():]")

WORD = re.compile(r"[A-Za-z_]+")


def quoted() -> list[str]:
    """List the messages of the first column."""
    rows = [row for title in SECTIONS for table in tables(section(TEXT, title)) for row in table[1:]]
    messages = [message for row in rows for message in re.findall(r"`([^`]+)`", row[0]) if " " in message]
    return [message.removeprefix("hint: ") for message in messages if not message.startswith(FOREIGN)]


def words(text: str) -> tuple[str, ...]:
    return tuple(WORD.findall(text.replace("'", "")))


@cache
def program() -> str:
    """Return the texts of the program, each as its words between bars; a value in one is a bar too."""
    return "|" + "|".join(" " + " ".join(words(text)) + " " for text in texts()) + "|"


def texts() -> Iterator[str]:
    for package in ("pyvault", "pyvault_backends", "pyvault_cli"):
        module = importlib.import_module(package)
        assert module.__file__
        for path in Path(module.__file__).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def is_ours(text: str) -> bool:
    """Return whether a text without values stands in one of the program's, or is the end of one and the beginning of another."""
    run = words(text)
    cuts = [(" ".join(run[:cut]), " ".join(run[cut:])) for cut in range(1, len(run))]
    whole = not run or f" {' '.join(run)} " in program()
    return whole or any(f" {end} |" in program() and f"| {beginning} " in program() for end, beginning in cuts)


@pytest.mark.parametrize("message", quoted())
def test_a_message_of_the_page_is_one_of_the_program(message: str) -> None:
    assert [text for text in VALUE.split(message) if not is_ours(text)] == []


def test_the_page_quotes_many() -> None:
    assert len(quoted()) > 35


@pytest.mark.parametrize(
    "message", ["the vault was swallowed by a whale", "the keychain is locked, or the prompt was dismissed"]
)
def test_words_that_nobody_wrote_are_missed(message: str) -> None:
    assert not all(is_ours(text) for text in VALUE.split(message))
