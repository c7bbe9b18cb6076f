"""Ratios, not milliseconds: cases run interleaved, each beside its own `python -c pass`.

A machine with neighbours drifts by tens of percent within minutes; the ratio
of two runs that stand next to each other does not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command and the most it may cost, in bare interpreters.

    Attributes:
        budget: None where none is set.
    """

    name: str
    argv: Sequence[str]
    budget: float | None = None
    env: Mapping[str, str] | None = None
    stdin: bytes = b""


def elapsed(argv: Sequence[str], env: Mapping[str, str], stdin: bytes = b"") -> float:
    """Run a command to its end and give its wall time in seconds.

    Raises:
        SystemExit: it failed; a benchmark of an error message would look fast.
    """
    begin = time.perf_counter()
    done = subprocess.run(argv, env=dict(env), input=stdin, capture_output=True, check=False)
    spent = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)}: exit {done.returncode}\n{done.stderr.decode()}")
    return spent


def compare(cases: Sequence[Case], *, rounds: int, env: Mapping[str, str]) -> bool:
    """Print the median of pair ratios of every case; say whether all keep their budgets."""
    bare = [sys.executable, "-c", "pass"]
    ratios: dict[str, list[float]] = {case.name: [] for case in cases}
    for turn in range(rounds + 1):
        for case in cases:
            base = elapsed(bare, env)
            ratio = elapsed(case.argv, {**env, **(case.env or {})}, case.stdin) / base
            if turn:  # the first turn fills the caches of the file system
                ratios[case.name].append(ratio)
    print(f"{'case':<44}{'x python -c pass':>18}{'budget':>9}")
    kept = True
    for case in cases:
        median = statistics.median(ratios[case.name])
        within = case.budget is None or median <= case.budget
        kept = kept and within
        budget = "" if case.budget is None else f"{case.budget:g}"
        print(f"{case.name:<44}{median:>18.2f}{budget:>9}{'' if within else '  over'}")
    return kept


def clean_environ(home: str) -> dict[str, str]:
    """Give an environment with a HOME of its own and compiled modules allowed."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": home}
