"""The neutral cases about profiles and credentials, by kind.

A test module that runs the cases of a kind asks for them with ``cases_of("kind")``;
``tests/unit/planning/test_every_case_is_run.py`` holds that each kind is asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

CASES_FILE = Path(__file__).parent / "data" / "aws-cases.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: config text, environment, options and stored names, and what must come out.

    Attributes:
        options: those of ``exec``, in seconds and booleans, and others by kind.
        expect: a field that is left out is not compared.
    """

    name: str
    kind: str
    config: str
    env: dict[str, str]
    profile: str
    active_profile: str
    options: dict[str, Any]
    stored: tuple[str, ...]
    expect: dict[str, Any]


@cache
def all_cases() -> tuple[Case, ...]:
    """Read every case."""
    return tuple(
        Case(
            name=raw["name"],
            kind=raw["kind"],
            config=raw["config"],
            env=raw["env"],
            profile=raw["profile"] or "",
            active_profile=raw["active_profile"] or raw["profile"] or "",
            options=raw["options"],
            stored=tuple(raw["stored_credentials"]),
            expect=raw["expect"],
        )
        for raw in json.loads(CASES_FILE.read_text("utf-8"))
    )


def cases_of(kind: str) -> pytest.MarkDecorator:
    """Parametrise a test by ``case`` with the cases of one kind."""
    found = [case for case in all_cases() if case.kind == kind]
    return pytest.mark.parametrize("case", found, ids=[case.name for case in found])
