"""What somebody may have meant by a word that we do not know, and who is meant by a few letters. Pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from typer import TyperException

#: For who has no profile yet.
FIRST_STEPS = "'pyvault setup' begins, 'pyvault add' stores a key"


def meant(word: str, known: Collection[str]) -> str:
    """Ask for the known word that is nearest, as the beginning of a hint; empty if none is near."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.7)
    return f"did you mean '{near[0]}'? " if near else ""


def command_meant(path: str, menu: Collection[str]) -> str:
    """Ask for the command that is nearest among those of the same group."""
    from pyvault_cli.commandline.command_table import HIDDEN

    group, _, _ = path.rpartition(" ")
    prefix = f"{group} " if group else ""
    siblings = {
        prefix + known.removeprefix(prefix).split()[0]
        for known in menu
        if known.startswith(prefix) and known not in HIDDEN
    }
    return meant(path, siblings)


def option_meant(problem: TyperException, known: Collection[str]) -> str:
    """Ask for the global option that is nearest; the parser of a command knows its own ones only."""
    unknown: str | None = getattr(problem, "option_name", None)
    suggested: object = getattr(problem, "possibilities", True)  # of an unknown option alone, whose text has them
    return "" if unknown is None or suggested else meant(unknown, known)


T = TypeVar("T")

PIECE, WORD_START, TEXT_START = 100, 30, 60
SEPARATORS = " -_./@+"


def find(typed: str, candidates: Iterable[T], text: Callable[[T], str]) -> list[T]:
    """Return the candidates that match, best first; all of them for nothing typed."""
    words = typed.casefold().split()
    scored = [(total(words, text(candidate).casefold()), candidate) for candidate in candidates]
    found = [(score, candidate) for score, candidate in scored if score is not None]
    return [candidate for _, candidate in sorted(found, key=lambda entry: -entry[0])]


def total(words: list[str], text: str) -> int | None:
    """Score all words together; None if one of them is not there."""
    scores = [_score(word, text) for word in words]
    found = [score for score in scores if score is not None]
    return sum(found) if len(found) == len(scores) else None


def _score(word: str, text: str) -> int | None:
    if word in text:
        return PIECE + max(_place(text, start) for start in _starts(word, text))
    gaps = 0
    position = -1
    for letter in word:
        following = text.find(letter, position + 1)
        if following < 0:
            return None
        gaps += following - position - 1 if position >= 0 else 0
        position = following
    return max(0, PIECE // 2 - gaps)


def _starts(word: str, text: str) -> list[int]:
    return [start for start in range(len(text)) if text.startswith(word, start)]


def _place(text: str, start: int) -> int:
    if start == 0:
        return TEXT_START
    return WORD_START if text[start - 1] in SEPARATORS else 0
