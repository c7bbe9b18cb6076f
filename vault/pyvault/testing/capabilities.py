"""What a backend says of itself, so that the suite knows what to demand."""

from __future__ import annotations

from pyvault.record import Record

DECLARED = "declared: "


class Capabilities(Record):
    """What a backend can do; the defaults are what most can.

    The suite skips a case only where a capability is declared missing. Any
    other skip is a failure.

    Attributes:
        max_size: the largest payload in bytes that must fit; None for 64 KiB and
            more. Above it the backend says ItemTooLargeError and keeps the old
            value, or keeps the new one whole.
        multi_process: other processes see the items, and may write at once.
        atomic_replace: a writer killed by SIGKILL leaves the old value or the new.
        lockable: the backend is ``Lockable``.
        threads: one handle may be used from several threads.
        writes: puts by each of 8 processes at once; fewer than 25 only where one
            takes a second.
    """

    max_size: int | None = None
    multi_process: bool = True
    atomic_replace: bool = True
    lockable: bool = False
    threads: bool = True
    writes: int = 25

    def need(self, capability: str) -> None:
        """Skip the running case if this capability is declared missing."""
        if not getattr(self, capability):
            import pytest

            pytest.skip(f"{DECLARED}{capability} is False")
