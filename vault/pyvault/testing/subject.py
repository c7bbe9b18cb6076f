"""What is tested, and what it says of itself, so that the suite knows what to demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyvault.errors import InputRequiredError
from pyvault.record import Record, field
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.backend import Backend, Question


class Subject(Record):
    """A backend under test, and where its store is.

    Attributes:
        backend: a name that ``pyvault backends list`` shows, or ``module:Class``.
        options: as in ``[backend.NAME]``; a store of its own for each test.
        answers: what a human would answer, by ``Question.key``.
    """

    backend: str
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    answers: Mapping[str, str] = field(default_factory=dict[str, str])

    def load(self) -> type[Backend]:
        """Return the class of the backend."""
        from pyvault.storage.registry import load_backend, load_class

        return load_class(self.backend) if ":" in self.backend else load_backend(self.backend)

    def open(self) -> Backend:
        """Open a new handle on the store."""
        return self.load().open(self.options, self.ask)

    def ask(self, question: Question) -> Secret[str]:
        """Answer as told; anything else is a prompt that nobody expected."""
        if question.key not in self.answers:
            raise InputRequiredError(f"nobody is here to give the {question.key}")
        return Secret(self.answers[question.key])


class MakeBackend(Protocol):
    """Open another handle on the store of the running case."""

    def __call__(self) -> Backend:
        """Give the handle; the fixture closes it."""
        ...


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
