"""The cache keys of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.planning.session_key import session_key
from pyvault.planning.steps import PlaintextStep, ProcessStep, SourceStep, StoredStep

if TYPE_CHECKING:
    from pyvault.planning.steps import Plan

#: Steps whose answer is never kept. A copy of what is at hand would be a second home of a
#: secret; what a command or the surroundings say may be another identity's the next time.
UNCACHED_STEPS = (StoredStep, PlaintextStep, SourceStep, ProcessStep)


def plan_keys(plan: Plan, who: str) -> list[str]:
    """Return the key of every step: over its request, all before it, and who it begins with.

    Args:
        plan: what will be asked for.
        who: the access key id that the first step gave, if it is one of
            :data:`UNCACHED_STEPS`, and is its key; else the holder of the token or
            the sign-in that it works with.
    """
    keys: list[str] = []
    for step in plan.steps:
        before = keys[-1] if keys else who
        keys.append(who if isinstance(step, UNCACHED_STEPS) else session_key(step, before))
    return keys
