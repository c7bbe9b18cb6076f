"""Every neutral case belongs to a kind that some test module runs."""

import re
from pathlib import Path

from cases import all_cases

TESTS = Path(__file__).parents[2]
CLAIM = re.compile(r'cases_of\("(\w+)"\)')


def claims() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in TESTS.rglob("test_*.py"):
        for kind in CLAIM.findall(path.read_text("utf-8")):
            found.setdefault(kind, []).append(path.name)
    return found


def test_there_are_106_cases_with_names_of_their_own() -> None:
    assert len(all_cases()) == 106
    assert len({(case.kind, case.name) for case in all_cases()}) == 106


def test_every_kind_is_claimed() -> None:
    kinds = {case.kind for case in all_cases()}
    assert kinds - set(claims()) == set(), "no test module asks for cases_of() these kinds"


def test_every_claim_has_cases() -> None:
    assert set(claims()) <= {case.kind for case in all_cases()}
