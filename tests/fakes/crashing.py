"""A process that ends before one of the changes that it makes to a library's store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


class Crash(BaseException):
    """The process ends here."""


def run_crashing(
    work: Callable[[], None], changes: int, *, owner: object, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Do the work, and end before the given one of its changes; True if it came to its own end.

    Args:
        owner: the module or class of the library.
        names: its functions that change something.
    """
    left = changes

    def crashing(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: object) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise Crash
            return real(*arguments)

        return call

    with monkeypatch.context() as patches:
        for name in names:
            patches.setattr(owner, name, crashing(getattr(owner, name)))
        try:
            work()
        except Crash:
            return False
    return True
