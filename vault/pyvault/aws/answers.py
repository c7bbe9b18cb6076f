"""What botocore made of an answer, field by field: it checks requests, and takes any type in an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from pyvault.json_reader import Fields, UnreadableError
from pyvault.secret import Secret
from pyvault.wire_text import is_wire_text

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Of a token or a registration: what ends later is no time that AWS gives, and could overflow a date.
LONGEST_LIFE: Final = timedelta(days=400)
#: Epoch seconds of 9999-12-31, the last day that a date has.
LAST_SECOND: Final = 253_402_214_400


class Answer(Fields):
    """An answer, or an object in it; see :class:`pyvault.json_reader.Fields`."""

    def bearer(self, key: str) -> Secret[str]:
        """Return a key or token that will stand in a header, a query or an environment.

        Raises:
            UnreadableError: it is absent, or could not stand there.
        """
        text = self.text(key)
        if not is_wire_text(text):
            raise UnreadableError(f"{key} has blanks, control characters or characters outside ASCII")
        return Secret(text)

    def moment(self, key: str) -> datetime:
        """Return a time that botocore has read, aware, in UTC.

        Raises:
            UnreadableError: it is absent, or outside the calendar.
        """
        found = self.optional_moment(key)
        if found is None:
            raise UnreadableError(f"{key} is missing")
        return found

    def optional_moment(self, key: str) -> datetime | None:
        """Return a time as :meth:`moment` does; None if it is absent.

        Raises:
            UnreadableError: it is outside the calendar, or no time.
        """
        value = self._values.get(key)
        if value is None:
            return None
        try:
            if isinstance(value, datetime) and value.tzinfo is not None:
                return value.astimezone(UTC).replace(microsecond=0)
        except OverflowError:
            pass  # the first and the last day of the calendar have an hour too many somewhere
        raise UnreadableError(f"{key} has to be a time")

    def life(self, key: str) -> timedelta:
        """Return for how long something is good, which the answer gives in seconds.

        Raises:
            UnreadableError: it is absent, or no life that AWS gives.
        """
        return timedelta(seconds=self.whole(key, least=1, most=int(LONGEST_LIFE.total_seconds())))

    def epoch(self, key: str, *, per_second: int = 1) -> datetime:
        """Return a time that the answer gives as a count since 1970.

        Args:
            key: the field.
            per_second: 1000 where milliseconds are counted.

        Raises:
            UnreadableError: it is absent, or outside the calendar.
        """
        count = self.whole(key, most=LAST_SECOND * per_second)
        return datetime.fromtimestamp(count // per_second, UTC)


def read(answer: object) -> Answer:
    """Wrap botocore's answer, which is a dictionary whatever its stubs promise."""
    return Answer(cast("Mapping[str, object]", answer))
