"""How long a kept key may be used: until some time after its last use, and never beyond its end. Pure.

Both clocks have to agree. A wall clock that is set back must not lengthen a life, and
neither must a machine that was stored away and whose other clock stood still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pyvault.clock import Moment
from pyvault.record import Record, replace

if TYPE_CHECKING:
    from datetime import timedelta

SETBACK = 60_000  # ms; by how much the wall clock may be corrected without ending everything
NOTED = 60  # a use is noted once in this part of the time that may pass between two: each note is a write
WIDTH = 8
FIELDS = 7
SIZE = WIDTH * FIELDS


class Lifetime(Record):
    """The life of one key.

    Attributes:
        start: when it was kept.
        used: when it was last used, as far as that was noted.
        end: after this it is over in any case.
        idle: ms that may pass between two uses.
    """

    start: Moment
    used: Moment
    end: Moment
    idle: int

    @classmethod
    def begin(cls, now: Moment, *, idle: timedelta, most: timedelta) -> Self:
        """Return a life that begins now.

        Args:
            now: the time.
            idle: how long it lasts without a use.
            most: how long it lasts at most.
        """
        end = _later(now, _milliseconds(most))
        return cls(start=now, used=now, end=end, idle=_milliseconds(idle))

    def is_over(self, now: Moment) -> bool:
        """Return whether the key may no longer be used."""
        if now.boot < self.used.boot or now.wall < self.used.wall - SETBACK:  # restarted, or the clock was set back
            return True
        return self.left(now) <= 0

    def left(self, now: Moment) -> int:
        """Return how many ms are left by the clock that has run faster, unless it is used."""
        idle_end = _later(self.used, self.idle)
        return min(
            self.end.wall - now.wall, self.end.boot - now.boot, idle_end.wall - now.wall, idle_end.boot - now.boot
        )

    def after_use(self, now: Moment) -> Lifetime | None:
        """Return the life after a use now; None if that need not be noted."""
        if now.boot - self.used.boot < self.idle // NOTED:
            return None
        return replace(self, used=now)

    def to_bytes(self) -> bytes:
        """Return its form in a kept key."""
        numbers = (
            self.start.wall, self.start.boot, self.used.wall, self.used.boot, self.end.wall, self.end.boot, self.idle
        )  # fmt: skip
        return b"".join(number.to_bytes(WIDTH, "big") for number in numbers)

    @classmethod
    def from_bytes(cls, text: bytes) -> Self:
        """Return the life of such a form, which has SIZE bytes."""
        numbers = [int.from_bytes(text[place : place + WIDTH], "big") for place in range(0, SIZE, WIDTH)]
        start, used, end = (Moment(wall=numbers[place], boot=numbers[place + 1]) for place in (0, 2, 4))
        return cls(start=start, used=used, end=end, idle=numbers[6])


def _later(moment: Moment, milliseconds: int) -> Moment:
    return Moment(wall=moment.wall + milliseconds, boot=moment.boot + milliseconds)


def _milliseconds(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)
