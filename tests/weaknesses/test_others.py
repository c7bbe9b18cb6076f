"""What proves that other stores are weak: the check of each weakness fails on a store that has it (``make test-weak``)."""

from __future__ import annotations

import pytest

from weaknesses.index import pairs_of
from weaknesses.proof import Make, Place, Proof, WeaknessError


@pytest.mark.parametrize(("proof", "make"), pairs_of("weak"))
def test_the_weakness_is_caught(proof: Proof, make: Make, place: Place) -> None:
    subject = make(place)
    with pytest.raises(WeaknessError, match=proof.says):
        proof.check(subject)
