"""Where a vault was seen: one memory per vault, and which vault belongs at which path.

The newest state counts wherever it was seen, so a vault that moves stays what it
is and an older copy elsewhere is still older. Each path remembers its vault on its
own, so that a copy somewhere else does not free the first place for a foreign one.
Pure: a memory goes in, and another comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.record import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.vaultfile.sighting import Sighting

    Memory = Mapping[bytes, Sighting]

MAX_PLACES = 64  # of one vault: copies that are opened in passing must not fill the memory


def vault_at(known: Memory, path: str) -> Sighting | None:
    """Return the vault that belongs at *path*, or None if nothing is known of it."""
    return next((seen for seen in known.values() if path in seen.places), None)


def with_sighting(known: Memory, seen: Sighting) -> dict[bytes, Sighting]:
    """Return the memory that has met *seen* too; the newest state of a vault stays, wherever it was."""
    before = known.get(seen.vault_id)
    if before is None:
        return {**known, seen.vault_id: replace(seen, places=(seen.path,))}
    places = before.places if seen.path in before.places else _bounded((*before.places, seen.path))
    newest = seen if seen.is_newer_than(before) else before
    own = max((step for step in (before.own, seen.own) if step is not None), default=None)
    return {**known, seen.vault_id: replace(newest, places=places, own=own)}


def with_accepted(known: Memory, seen: Sighting) -> dict[bytes, Sighting]:
    """Return the memory in which *seen* is right whatever was known, and its path is no other vault's."""
    before = known.get(seen.vault_id)
    elsewhere = before.places if before is not None else ()
    others = without_path({key: each for key, each in known.items() if key != seen.vault_id}, seen.path)
    places = (*(place for place in elsewhere if place != seen.path), seen.path)
    return {**others, seen.vault_id: replace(seen, places=_bounded(places))}


def without_path(known: Memory, path: str) -> dict[bytes, Sighting]:
    """Return the memory in which nothing belongs at *path*; a vault that belongs nowhere is forgotten."""
    left: dict[bytes, Sighting] = {}
    for vault_id, seen in known.items():
        places = tuple(place for place in seen.places if place != path)
        if places:
            left[vault_id] = seen if path not in seen.places else _moved_to(seen, places)
    return left


def renamed(known: Memory, before: str, after: str) -> dict[bytes, Sighting]:
    """Return the memory in which what belonged at *before* belongs at *after*, where nothing was."""
    return {
        vault_id: _moved_to(seen, tuple(after if place == before else place for place in seen.places))
        for vault_id, seen in without_path(known, after).items()
    }


def _bounded(places: tuple[str, ...]) -> tuple[str, ...]:
    # The first one is where the vault was made; what is in between was in passing.
    return places if len(places) <= MAX_PLACES else (places[0], *places[1 - MAX_PLACES :])


def _moved_to(seen: Sighting, places: tuple[str, ...]) -> Sighting:
    return replace(seen, path=seen.path if seen.path in places else places[-1], places=places)
