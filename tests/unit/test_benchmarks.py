"""What `make bench` says of a figure, and when it fails."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

MEASURE = Path(__file__).parents[2] / "benchmarks" / "measure.py"
pytestmark = [
    pytest.mark.skipif(not MEASURE.exists(), reason="only the wheel is here"),
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX counts processor time of children"),
]


@pytest.fixture(scope="module")
def measure() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure", MEASURE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["measure"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("value", "budget", "word", "kept"),
    [
        (7.9, 8, "8", True),
        (8.1, 8, "over", True),
        (9.2, 8, "over", True),
        (9.21, 8, "FAILS", False),
        (99, None, "", True),
    ],
)
def test_a_budget_has_a_little_room(
    measure: ModuleType, value: float, budget: float | None, word: str, kept: bool
) -> None:
    verdict, within = measure.judged(value, budget)
    assert (verdict.strip().endswith(word), within) == (True, kept)


def test_one_row_over_its_budget_fails_all(measure: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    fast, slow = measure.Case(name="fast", budget=2), measure.Case(name="slow", budget=2)
    absent = measure.Case(name="warm", budget=1, absent="no keyring")
    found = {"fast": measure.Spent(wall=1, processor=9), "slow": measure.Spent(wall=3, processor=1)}
    assert measure.show([fast, absent], found) is True
    assert measure.show([fast, absent, slow], found) is False
    shown = capsys.readouterr().out
    assert "not available here: no keyring" in shown
    assert "aws-vault" not in shown


def test_a_peer_stands_in_a_column_of_its_own(measure: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    peer = measure.Case(name="aws-vault exec")
    ours = measure.Case(name="exec", budget=8, peer=peer)
    alone = measure.Case(name="completion")
    found = {
        name: measure.Spent(wall=wall, processor=0)
        for name, wall in (("exec", 6), ("aws-vault exec", 0.62), ("completion", 3))
    }
    assert measure.show([ours, alone], found)
    head, row, other = capsys.readouterr().out.splitlines()
    assert head.index("aws-vault") + len("aws-vault") == row.index("0.62") + len("0.62")
    assert "0.62" not in other


@pytest.mark.parametrize("file", sorted(MEASURE.parent.glob("*.py")), ids=lambda file: file.stem)
def test_what_a_benchmark_uses_is_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody runs them for weeks."""
    monkeypatch.syspath_prepend(str(MEASURE.parent))
    spec = importlib.util.spec_from_file_location(f"benchmark_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    spec.loader.exec_module(module)
