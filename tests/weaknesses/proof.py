"""What a proof is: one check that our store passes, and that a store with the weakness fails.

A check says with ``demand`` what it found. Only that counts as catching a
weakness: any other exception is a mistake of the check or of the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

Function = TypeVar("Function", bound=Callable[..., Any])


class WeaknessError(AssertionError):
    """The store that is looked at has the weakness."""


def demand(holds: bool, otherwise: str) -> None:
    """Say what is wrong unless it holds."""
    if not holds:
        raise WeaknessError(otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a store under test may be made.

    Attributes:
        folder: empty, and of this test alone.
        fixture: gives what several tests share, a gpg key for instance.
    """

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    fixture: Callable[[str], Any]


Make = Callable[[Place], Any]  # what a check looks at differs from check to check

_marks: dict[Make, tuple[pytest.MarkDecorator, ...]] = {}


def needs(*marks: pytest.MarkDecorator) -> Callable[[Function], Function]:
    """Mark what makes a store: it needs a program, or belongs to the long form."""

    def mark(make: Function) -> Function:
        _marks[make] = marks
        return make

    return mark


def marks_of(make: Make) -> tuple[pytest.MarkDecorator, ...]:
    return _marks.get(make, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A check, what passes it and what fails it.

    Attributes:
        weakness: its number, as in the table of ``index``.
        says: what the check says of a weak store, as a pattern.
    """

    weakness: str
    check: Callable[[Any], None]
    ours: tuple[Make, ...]
    weak: tuple[Make, ...]
    says: str

    @property
    def name(self) -> str:
        return self.check.__name__
