"""How long a kept key lives, by two clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.clock import Moment
from pyvault.login.lifetime import SETBACK, SIZE, Lifetime

HOUR = 3_600_000
START = Moment(wall=1_700_000_000_000, boot=50_000_000)


def life(idle: int = 1, most: int = 12) -> Lifetime:
    return Lifetime.begin(START, idle=timedelta(hours=idle), most=timedelta(hours=most))


def at(wall: float, boot: float | None = None) -> Moment:
    """The time so many hours later by each clock."""
    return Moment(wall=START.wall + int(wall * HOUR), boot=START.boot + int((wall if boot is None else boot) * HOUR))


@pytest.mark.parametrize(
    ("now", "over"),
    [
        (at(0), False),
        (at(0.99), False),
        (at(1), True),
        (at(0.5, 1), True),  # the wall clock was set back by half an hour
        (at(1, 0.5), True),  # the machine was stored away for half an hour
        (at(-0.5, 0.5), True),  # the wall clock was set back
        (at(-SETBACK / 2 / HOUR, 0.5), False),  # it was corrected a little
        (at(0.5, -1), True),  # the machine was started anew
    ],
)
def test_both_clocks_have_to_agree(now: Moment, over: bool) -> None:
    assert life().is_over(now) is over


def test_a_use_lengthens_it_up_to_its_end() -> None:
    used = life()
    for step in range(1, 30):
        now = at(step / 2)
        if used.is_over(now):
            break
        used = used.after_use(now) or used
    assert step == 24
    assert used.left(at(11.75)) == HOUR / 4


def test_a_use_a_moment_ago_is_not_noted_again() -> None:
    assert life().after_use(at(0.001)) is None
    noted = life().after_use(at(0.5))
    assert noted
    assert noted.left(at(0.5)) == HOUR


numbers = st.integers(min_value=0, max_value=2**62)
moments = st.builds(Moment, wall=numbers, boot=numbers)


@given(st.builds(Lifetime, start=moments, used=moments, end=moments, idle=numbers))
def test_its_form_is_read_back(lifetime: Lifetime) -> None:
    assert len(lifetime.to_bytes()) == SIZE
    assert Lifetime.from_bytes(lifetime.to_bytes()) == lifetime
