"""Many calls within AWS's rate: one begins after the other, and all wait when AWS says that it was too much."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, TypeVar

from pyvault.errors import AwsError
from pyvault.thread_locks import tell_of_fork

if TYPE_CHECKING:
    from collections.abc import Callable

    T = TypeVar("T")

#: Calls a second. Source: IAM Identity Center user guide, "Quotas": 20 of the portal's APIs; one is left to others.
RATE: Final = 19.0
LONGEST_INTERVAL: Final = 1.0  # seconds between two calls
SLOWER: Final = 1.25  # by so much after each refusal
PAUSES: Final = (1.0, 1.0, 2.0, 2.0, 4.0, 4.0, *[8.0] * 10)  # seconds; whoever is refused after all of them gives up

#: AWS's ways to say that there were too many calls.
TOO_MANY: Final = frozenset(
    {"TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "SlowDownException"}
)
HINT: Final = "AWS takes 20 calls a second: try again later, or name fewer accounts with --filter account=PATTERN"


class Pace:
    """Spaces calls that are made from several threads.

    Args:
        clock: seconds that only go forward.
        sleep: waits so many seconds.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._interval = 1 / RATE
        self._next = self._slowed_at = clock()
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Make the lock new."""
        self._lock = threading.Lock()

    def call(self, make: Callable[[], T]) -> T:
        """Make a call when it is its turn, again and again while AWS says that there were too many.

        Raises:
            AwsError: AWS refused, or there were too many calls for minutes.
        """
        for pause in PAUSES:
            self._await_turn()
            began = self._clock()
            try:
                return make()
            except AwsError as refusal:
                if refusal.code not in TOO_MANY:
                    raise
                self._slow_down(began, pause)
        self._await_turn()
        try:
            return make()
        except AwsError as refusal:
            refusal.hint = refusal.hint or HINT
            raise

    def _await_turn(self) -> None:
        with self._lock:
            now = self._clock()
            turn = max(self._next, now)
            self._next = turn + self._interval
        if turn > now:
            self._sleep(turn - now)

    def _slow_down(self, began: float, pause: float) -> None:
        """Let everybody wait; calls that were under way together are one refusal."""
        with self._lock:
            if began >= self._slowed_at:
                self._slowed_at = self._clock()
                self._interval = min(self._interval * SLOWER, LONGEST_INTERVAL)
            self._next = max(self._next, self._clock() + pause)
