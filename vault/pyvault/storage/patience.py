"""What is asked again of a store that wants to be asked later.

Two answers of a driver lead to another try, both because the contract says what they mean: after
BackendBusyError nothing has changed, and a ``put_if`` or ``create`` whose end is open
(BackendTimeoutError) knows its own bytes when it is repeated. Everything else is told at once.
"""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pyvault.errors import BackendBusyError, BackendTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

FIRST_PAUSE = 0.25  # seconds, doubled with each try; a random part of it is waited (full jitter)
MOST = 10.0  # seconds of pauses in all: a person waits, and a script has a limit of its own
LONGEST_PAUSE = 4.0

#: Whose calls may be asked again: each is one step. A transaction is never carried out twice.
STEPS = frozenset({"get", "put", "delete", "names", "put_with", "attributes", "get_versioned", "put_if", "create"})
KNOWS_ITS_OWN_WRITE = frozenset({"put_if", "create"})


class Patient:
    """A driver whose steps are tried again while it is busy."""

    def __init__(self, driver: Any, wait: Callable[[float], None] = time.sleep) -> None:
        self._driver = driver
        self._wait = wait

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._driver, name)
        if name not in STEPS:
            return member
        return partial(self._try, partial(self._settled, member) if name in KNOWS_ITS_OWN_WRITE else member)

    def _settled(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return step(*args, **kwargs)
        except BackendTimeoutError:
            return step(*args, **kwargs)

    def _try(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        left, longest = MOST, FIRST_PAUSE
        while True:
            try:
                return step(*args, **kwargs)
            except BackendBusyError as busy:
                pause = busy.retry_after
                if pause is None:
                    pause = random.uniform(longest / 2, longest)  # noqa: S311 - spreads the tries, guards nothing
                if not 0 <= pause <= left:
                    raise
                longest = min(2 * longest, LONGEST_PAUSE)
                left -= max(pause, FIRST_PAUSE / 2)  # a store that says 0 is not asked without end
            self._wait(pause)
