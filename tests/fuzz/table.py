"""All fuzz targets, and the inputs that are kept for them.

A corpus is a text file with a bytes literal in each line, so that a reviewer can read
it; behind ``#`` may stand what an input once did.
"""

from __future__ import annotations

import ast
from pathlib import Path

from fuzz import answers, fronts, records, state, talk, typed, vaults
from fuzz.target import Target

CORPUS = Path(__file__).parent / "corpus"
TARGETS: dict[str, Target] = {
    target.name: target
    for room in (fronts, vaults, records, state, answers, talk, typed)
    for target in room.TARGETS
}  # fmt: skip


def kept(name: str) -> list[bytes]:
    """Return the kept inputs of a target; each runs in the ordinary tests."""
    path = CORPUS / f"{name}.txt"
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    return [ast.literal_eval(line) for line in lines if line and not line.startswith("#")]


def inputs(name: str) -> list[bytes]:
    """Return what a target's mutations start from."""
    return [*TARGETS[name].seeds, *kept(name)]
