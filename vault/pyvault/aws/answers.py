"""The fields of botocore's answers, checked: it validates requests, but accepts any type in an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from pyvault.json_reader import Fields, UnreadableError
from pyvault.secret import Secret
from pyvault.wire_text import is_wire_text

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Of a token or a registration: AWS gives none for longer, and more could overflow a date.
LONGEST_LIFE: Final = timedelta(days=400)
#: Epoch seconds of 9999-12-31, the last day that a date has.
LAST_SECOND: Final = 253_402_214_400


class Answer(Fields):
    """An answer, or an object in it; see :class:`pyvault.json_reader.Fields`."""

    def bearer(self, key: str) -> Secret[str]:
        """Return a key or token that is safe in a header, a query or an environment.

        Raises:
            UnreadableError: it is absent or not safe there.
        """
        text = self.text(key)
        if not is_wire_text(text):
            raise UnreadableError(f"{key} has blanks, control characters or characters outside ASCII")
        return Secret(text)

    def moment(self, key: str) -> datetime:
        """Return a time that botocore has parsed, aware, in UTC.

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
            UnreadableError: it is outside the calendar, or not a time.
        """
        value = self._values.get(key)
        if value is None:
            return None
        try:
            if isinstance(value, datetime) and value.tzinfo is not None:
                return value.astimezone(UTC).replace(microsecond=0)
        except OverflowError:
            pass  # on the first and the last day of the calendar
        raise UnreadableError(f"{key} must be a time")

    def life(self, key: str) -> timedelta:
        """Return a validity that the answer has in seconds.

        Raises:
            UnreadableError: it is absent or over :data:`LONGEST_LIFE`.
        """
        return timedelta(seconds=self.whole(key, least=1, most=int(LONGEST_LIFE.total_seconds())))

    def epoch(self, key: str, *, per_second: int = 1) -> datetime:
        """Return a time that the answer has as a count since 1970.

        Args:
            key: the field.
            per_second: 1000 if it counts milliseconds.

        Raises:
            UnreadableError: it is absent, or outside the calendar.
        """
        count = self.whole(key, most=LAST_SECOND * per_second)
        return datetime.fromtimestamp(count // per_second, UTC)


def read(answer: object) -> Answer:
    """Wrap botocore's answer, which is a dictionary whatever its stubs promise."""
    return Answer(cast("Mapping[str, object]", answer))
