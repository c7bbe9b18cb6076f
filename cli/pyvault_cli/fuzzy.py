"""Find what a person means by a few letters. Pure.

Every word typed has to be in the text, in any order: as it stands, or with
other letters in between. Whole pieces beat scattered letters, beginnings of
words beat middles, and among equals the order given stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

PIECE, WORD_START, TEXT_START = 100, 30, 60
SEPARATORS = " -_./@+"


def find(typed: str, candidates: Iterable[T], text: Callable[[T], str]) -> list[T]:
    """Give the candidates that match, best first; all of them for nothing typed."""
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
