"""Thirty weaknesses of other stores: ours has none of them. That each check is one is shown in ``test_others.py``."""

from __future__ import annotations

import pytest

from weaknesses.index import PROOFS, WEAKNESSES, pairs_of
from weaknesses.proof import Make, Place, Proof, marks_of


@pytest.mark.parametrize(("proof", "make"), pairs_of("ours"))
def test_ours_withstands(proof: Proof, make: Make, place: Place) -> None:
    proof.check(make(place))


def test_every_weakness_is_shown_in_every_run() -> None:
    """By at least one store of ours and one weak one that the short form does not leave out."""
    assert list(WEAKNESSES) == [f"W{number}" for number in range(1, 31)]
    for side in ("ours", "weak"):
        shown = {
            proof.weakness
            for proof in PROOFS
            for make in getattr(proof, side)
            if all(mark.name != "slow" for mark in marks_of(make))
        }
        assert shown == set(WEAKNESSES)


def test_no_proof_is_outside_the_index() -> None:
    modules = {checks for _, checks in WEAKNESSES.values()}
    assert sum(len(checks.PROOFS) for checks in modules) == len(PROOFS)
