"""The backend under test, and what it can do, so that the suite knows what to demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyvault.backend import Backend, Question
from pyvault.errors import InputRequiredError
from pyvault.record import Record, field
from pyvault.secret import Secret

#: Open another handle on the store of the running case; the fixture closes it.
MakeBackend = Callable[[], Backend]


class Subject(Record):
    """A backend under test, and where its store is.

    Attributes:
        backend: a name that ``pyvault backends list`` shows, or ``module:Class``.
        options: as in ``[backend.NAME]``; a store of its own for each test.
        answers: what a human would answer, by ``Question.key``.
        break_store: makes the store fail from now on, as the world does: unmounts the volume, stops the
            server, spoils the file. None where nothing can; see ``Capabilities.breakable``.

    Example:
        >>> handle = Subject(backend="memory").open()
        >>> handle.names()
        []
    """

    backend: str
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    break_store: Callable[[], None] | None = None

    def load(self) -> type[Backend]:
        """Return the class of the backend.

        Returns:
            The class, not opened.

        Raises:
            BackendUnavailableError: there is none, or it is no backend.
        """
        from pyvault.storage.registry import load_backend, load_class

        return load_class(self.backend) if ":" in self.backend else load_backend(self.backend)

    def open(self) -> Backend:
        """Open a new handle on the store.

        Returns:
            The handle; the caller closes it.

        Raises:
            BackendError, ConfigError: as the backend's own ``open``.
        """
        return self.load().open(self.options, self.ask)

    def ask(self, question: Question) -> Secret[str]:
        """Return the answer to a question of the backend.

        Args:
            question: whose ``key`` is looked up in ``answers``.

        Returns:
            The answer.

        Raises:
            InputRequiredError: there is none: a prompt that nobody expected.
        """
        if question.key not in self.answers:
            raise InputRequiredError(f"the subject has no answer for {question.key!r}")
        return Secret(self.answers[question.key])


DECLARED = "declared: "


class Capabilities(Record):
    """What a backend can do; the defaults are what most can.

    The suite skips a case only where a capability is declared missing. Any
    other skip is a failure.

    Attributes:
        max_size: the largest payload in bytes that must fit; None for 64 KiB and
            more. Above it the backend raises ItemTooLargeError and keeps the old
            value, or keeps the new one whole.
        multi_process: other processes see the items, and may write at once.
        atomic_replace: a writer killed by SIGKILL leaves the old value or the new.
        lockable: the backend is ``Lockable``.
        threads: one handle may be used from several threads.
        breakable: the subject has a ``break_store``.
        writes: puts by each of 8 processes at once; fewer than 25 only where one
            takes a second.

    Example:
        >>> Capabilities(max_size=2560, atomic_replace=False).threads
        True
    """

    max_size: int | None = None
    multi_process: bool = True
    atomic_replace: bool = True
    lockable: bool = False
    threads: bool = True
    breakable: bool = True
    writes: int = 25

    def need(self, capability: str) -> None:
        """Skip the running case if this capability is declared missing.

        Args:
            capability: the name of one of the attributes.
        """
        if not getattr(self, capability):
            import pytest

            pytest.skip(f"{DECLARED}{capability} is False")
