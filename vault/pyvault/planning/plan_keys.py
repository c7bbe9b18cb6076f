"""The cache keys of a plan, and what the cache has for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyvault.errors import ItemNotFoundError
from pyvault.planning.session_key import session_key
from pyvault.planning.steps import PlaintextStep, SourceStep, StoredStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime, timedelta

    from pyvault.planning.steps import Plan, Step
    from pyvault.providers.stored import KeyStore
    from pyvault.sessions.session_cache import SessionEntry

#: Steps that only read what is at hand; a copy in the cache would be a second home of a secret.
AT_HAND = (StoredStep, PlaintextStep, SourceStep)


def plan_keys(plan: Plan, key_id: Callable[[Step], str]) -> list[str]:
    """Give the cache key of every step: over its request and all before it.

    Args:
        plan: what will be asked for.
        key_id: gives the access key id of a step that is :data:`AT_HAND`; that
            is its key.
    """
    keys: list[str] = []
    for step in plan.steps:
        parent = keys[-1] if keys else ""
        keys.append(key_id(step) if isinstance(step, AT_HAND) else session_key(step, parent))
    return keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """What the cache has for one step.

    Attributes:
        state: ``hit``, ``miss``, ``never`` for what is not cached, ``unknown``
            where knowing would take a call.
        until: when the session that was hit ends.
    """

    state: str
    until: datetime | None = None


def look_at_cache(
    plan: Plan, *, store: KeyStore, entries: Iterable[SessionEntry], at: datetime, min_ttl: timedelta
) -> list[Cached]:
    """Say of every step whether a retrieval would find it in the cache; calls and opens nothing.

    Args:
        plan: its steps.
        store: asked for ids of stored keys.
        entries: of the session cache.
        at: the time that counts as now.
        min_ttl: how much life a session must have left.
    """
    if plan.steps and isinstance(plan.steps[0], SourceStep):
        # Its key id is known only to the surroundings, and asking them is a call.
        return [Cached(state="never" if isinstance(step, AT_HAND) else "unknown") for step in plan.steps]
    kept = {entry.key: entry.expires for entry in entries}
    try:
        keys = plan_keys(plan, lambda step: _key_id(step, store))
    except ItemNotFoundError:  # only assumed to be stored
        return [Cached(state="never" if isinstance(step, AT_HAND) else "miss") for step in plan.steps]
    return [
        Cached(state="never") if isinstance(step, AT_HAND) else _looked_up(key, kept, at=at, min_ttl=min_ttl)
        for step, key in zip(plan.steps, keys, strict=True)
    ]


def _key_id(step: Step, store: KeyStore) -> str:
    if isinstance(step, PlaintextStep):
        return step.credentials.access_key_id
    return store.access_key_id(step.profile)


def _looked_up(key: str, kept: Mapping[str, datetime | None], *, at: datetime, min_ttl: timedelta) -> Cached:
    if key not in kept:
        return Cached(state="miss")
    until = kept[key]
    if until is not None and until - at <= min_ttl:
        return Cached(state="miss")
    return Cached(state="hit", until=until)
