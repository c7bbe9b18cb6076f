"""What it costs to look for a warm answer in vain, beside a run that does not look and a bare interpreter."""

from __future__ import annotations

import errno
import json
import os
import statistics
from typing import TYPE_CHECKING

from measure import BARE, Spent, judged, spend
from scene import exec_true

from refusing_kernel import KEYS, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from scene import Scene

BUDGET = 1.3  # times the command that does not look


def doubts(scene: Scene, pairs: int) -> bool:
    """Measure `exec` where the answer is not there, or can't be; return whether all keep the budget.

    A small difference needs twice the pairs.
    """
    print(
        f"\n{'looked in vain (x ordinary exec)':<46}{'wall':>7}{'processor':>11}{'budget':>8}  more, x python -c pass"
    )
    if scene.no_warmth is not None:
        print(f"not available here: {scene.no_warmth}")
        return True
    nowhere = {**scene.warm, "XDG_RUNTIME_DIR": f"{scene.home}/nowhere"}
    entries = scene.home / ".local" / "state" / "pyvault" / "warm"
    rows: dict[str, Callable[[], list[float]]] = {
        "a miss, and the answer is kept": lambda: _compared(scene.warm, 2 * pairs, before=lambda: _remove(entries)),
        "no runtime directory": lambda: _compared(nowhere, 2 * pairs),
        "keyctl refused": lambda: _in_child(lambda: _refused(scene.warm, 2 * pairs)),
    }
    kept = True
    for name, measure in rows.items():
        wall, processor, more = measure()
        verdict, within = judged(wall, BUDGET)
        kept = kept and within
        print(f"{name:<46}{wall:>7.2f}{processor:>11.2f}{verdict:<8}{more:>8.2f}")
    return kept


def _compared(env: Mapping[str, str], pairs: int, before: Callable[[], None] = lambda: None) -> list[float]:
    """Return medians: ratios to the ordinary command by both clocks, and what it takes more of the processor."""
    off = {**env, "PYVAULT_WARM": "0"}
    found: list[tuple[float, float, float]] = []
    for turn in range(pairs + 1):
        bare, ordinary = spend(BARE, env), spend(exec_true(), off)
        before()
        looked = spend(exec_true(), env)
        if turn:
            found.append(_related(looked, ordinary, bare))
    return [statistics.median(column) for column in zip(*found, strict=True)]


def _related(looked: Spent, ordinary: Spent, bare: Spent) -> tuple[float, float, float]:
    more = (looked.processor - ordinary.processor) / bare.processor
    return looked.wall / ordinary.wall, looked.processor / ordinary.processor, more


def _refused(env: Mapping[str, str], pairs: int) -> list[float]:
    refuse(KEYS, errno.EPERM)
    return _compared(env, pairs)


def _in_child(measure: Callable[[], list[float]]) -> list[float]:
    """Measure in a child, since what the kernel refuses once it refuses for good."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writer, json.dumps(measure()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as results:
        found: list[float] = json.load(results)
    os.waitpid(child, 0)
    return found


def _remove(entries: Path) -> None:
    for entry in entries.glob("*"):
        entry.unlink()
