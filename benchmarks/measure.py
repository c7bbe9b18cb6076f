"""Ratios, not milliseconds: cases run interleaved, each beside its own `python -c pass`.

A machine with neighbours drifts by tens of percent within minutes; the ratio
of two runs that stand next to each other does not.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BARE = (sys.executable, "-c", "pass")
ROOM = 1.15  # times a budget; a machine with neighbours is not always fair


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a command took, in seconds."""

    wall: float
    processor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command and the most it may cost, in bare interpreters.

    Attributes:
        budget: None where none is set.
        absent: why it can't be measured here.
        peer: the same of another program, beside it in the table.
    """

    name: str
    argv: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    budget: float | None = None
    absent: str | None = None
    peer: Case | None = None


def spend(argv: Sequence[str], env: Mapping[str, str]) -> Spent:
    """Run a command to its end.

    Raises:
        SystemExit: it failed; a benchmark of an error message would look fast.
    """
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(argv, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)}: exit {done.returncode}\n{done.stderr.decode()}")
    return Spent(wall=wall, processor=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def ratios(cases: Iterable[Case], *, pairs: int) -> dict[str, Spent]:
    """Return by name the medians of the ratios of each case, and of its peer, to a bare interpreter."""
    every = [one for case in cases for one in (case, case.peer) if one is not None and one.absent is None]
    found: dict[str, list[Spent]] = {case.name: [] for case in every}
    for turn in range(pairs + 1):
        for case in every:
            bare, ours = spend(BARE, case.env), spend(case.argv, case.env)
            if turn:  # the first one fills the caches of the file system
                ratio = Spent(wall=ours.wall / bare.wall, processor=ours.processor / bare.processor)
                found[case.name].append(ratio)
    return {name: median(pairs) for name, pairs in found.items()}


def median(spent: Sequence[Spent]) -> Spent:
    """Return the medians."""
    return Spent(
        wall=statistics.median(one.wall for one in spent), processor=statistics.median(one.processor for one in spent)
    )


def judged(value: float, budget: float | None) -> tuple[str, bool]:
    """Return what the last columns say of a value, and whether it keeps its budget."""
    if budget is None:
        return "", True
    verdict = "" if value <= budget else "  over" if value <= ROOM * budget else "  FAILS"
    return f"{budget:>8g}{verdict}", value <= ROOM * budget


def show(cases: Sequence[Case], found: Mapping[str, Spent]) -> bool:
    """Print a table of ratios; return whether all keep their budgets."""
    peers = any(case.peer for case in cases)
    head = f"{'aws-vault':>11}" if peers else ""
    print(f"{'x python -c pass':<46}{'wall':>7}{'processor':>11}{head}{'budget':>8}")
    kept = True
    for case in cases:
        if case.absent is not None:
            print(f"{case.name:<46}  not available here: {case.absent}")
            continue
        ours, peer = found[case.name], found.get(case.peer.name) if case.peer else None
        theirs = f"{peer.wall:>11.2f}" if peer else " " * len(head)
        verdict, within = judged(ours.wall, case.budget)
        kept = kept and within
        print(f"{case.name:<46}{ours.wall:>7.2f}{ours.processor:>11.2f}{theirs}{verdict}")
    return kept
