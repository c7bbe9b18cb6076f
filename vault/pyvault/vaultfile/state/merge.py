"""Merging two states of one vault, entry by entry: which side wins, and the result. Pure.

Nothing is removed: what only one side has is kept, because it is unknown whether the
other never had it or removed it. If both have an entry and they differ, the one that
was replaced more often wins, because a change on one side alone is the common case;
then the one replaced later. Every such choice is reported.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING

from pyvault.record import Record, replace
from pyvault.vaultfile.format.index import Index
from pyvault.vaultfile.state.rekey import KEPT_FINGERPRINTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.names import ItemName
    from pyvault.secret import Secret
    from pyvault.vaultfile.format.index import IndexEntry
    from pyvault.vaultfile.format.index_json import Json
    from pyvault.vaultfile.state.draft import Draft


class Outcome(StrEnum):
    """What happens to one entry."""

    SAME = "same"
    ONLY_HERE = "only here"
    ADDED = "added"
    TAKEN = "taken"  # both have it and differ; the other file wins
    KEPT = "kept"  # both have it and differ; ours wins


class Merged(Record):
    """One entry of the two states.

    Attributes:
        here: in the current file.
        there: in the other file.
    """

    name: ItemName
    outcome: Outcome
    here: IndexEntry | None
    there: IndexEntry | None


def compare(
    here: Index, there: Index, same: Callable[[IndexEntry, IndexEntry], bool], *, overwrite: bool = False
) -> list[Merged]:
    """Return the decision on every entry, those of the current file first.

    Args:
        here: the current state.
        there: the other state.
        same: returns whether two entries hold the same.
        overwrite: let the other state win wherever both differ.
    """
    ours = {entry.name: entry for entry in here.entries}
    theirs = {entry.name: entry for entry in there.entries}
    return [
        Merged(
            name=name,
            outcome=_outcome(ours.get(name), theirs.get(name), same, overwrite=overwrite),
            here=ours.get(name),
            there=theirs.get(name),
        )
        for name in dict.fromkeys([*ours, *theirs])
    ]


def combine(
    base: Draft,
    other: Draft,
    merged: list[Merged],
    *,
    base_is_here: bool,
    payload: Callable[[IndexEntry], Secret[bytes]],
) -> Draft:
    """Return the draft that both states make by the decisions in *merged*.

    Keys, slots and labels are those of *base*, so a rekey on one side stays.

    Args:
        base: the state with the later data key.
        other: the other one.
        merged: the decisions.
        base_is_here: whether *base* is the current file.
        payload: opens an entry of *other*.
    """
    wins = {Outcome.ONLY_HERE, Outcome.KEPT} if not base_is_here else {Outcome.ADDED, Outcome.TAKEN}
    draft = base
    for each in merged:
        winner, loser = (each.there, each.here) if base_is_here else (each.here, each.there)
        if each.outcome in wins and winner is not None:
            entry = winner
            if loser is not None and loser.revision > winner.revision:
                entry = replace(winner, revision=loser.revision + 1)  # so that another merge sees that it won
            draft = draft.with_entry(entry, payload(winner))
    return replace(
        draft,
        generation=max(base.generation, other.generation),
        key_epoch=_epoch(base, other),
        meta=_meta(base, other),
        descent=base.descent.merged(other.descent),
    )


def _outcome(
    here: IndexEntry | None,
    there: IndexEntry | None,
    same: Callable[[IndexEntry, IndexEntry], bool],
    *,
    overwrite: bool,
) -> Outcome:
    if there is None:
        return Outcome.ONLY_HERE
    if here is None:
        return Outcome.ADDED
    if same(here, there):
        return Outcome.SAME
    return Outcome.TAKEN if overwrite or _rank(there, here) > _rank(here, there) else Outcome.KEPT


def _rank(entry: IndexEntry, other: IndexEntry) -> tuple[int, int]:
    # Entries that were created independently count their revisions independently.
    return (entry.revision if entry.record_id == other.record_id else 0, entry.modified)


def _epoch(base: Draft, other: Draft) -> int:
    # If both sides rekeyed, machines that know the other data key must see a later epoch that names it.
    both_rekeyed = base.keys.fingerprint != other.keys.fingerprint and base.key_epoch == other.key_epoch
    return base.key_epoch + 1 if both_rekeyed else base.key_epoch


def _meta(base: Draft, other: Draft) -> dict[str, Json]:
    if base.keys.fingerprint == other.keys.fingerprint:
        return dict(base.meta)
    listed = (Index(meta=each.meta).previous_fingerprints() for each in (base, other))
    earlier = dict.fromkeys(item.hex() for item in (*chain.from_iterable(listed), other.keys.fingerprint))
    return {**base.meta, "prev": list(earlier)[-KEPT_FINGERPRINTS:]}
