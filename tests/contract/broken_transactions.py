"""Transactional backends that are wrong in one way each; all but the fault is the one in memory."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from pyvault_backends.memory import MemoryBackend


class CommitsAtOnce(MemoryBackend):
    """Writes each change as it comes."""

    @contextmanager
    def transaction(self) -> Generator[None]:
        yield


class SwallowsWhatIsRaised(MemoryBackend):
    """Undoes the changes, and the exception."""

    @contextmanager
    def transaction(self) -> Generator[None]:
        try:
            with super().transaction():
                yield
        except Exception:  # noqa: BLE001, S110 - the fault
            pass
