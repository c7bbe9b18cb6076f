"""What is tested: enough to open the same store from any process."""

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
        """Give the class."""
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
