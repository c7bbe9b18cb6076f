"""Whether a store can work on this machine, as a driver tells before it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from pyvault.record import Record

Options = Mapping[str, str]


class Availability(Record):
    """Whether a backend can work here, why not, and what to do about it.

    Attributes:
        available: whether it can.
        reason: why not; None where it can.
        hint: what a human can do about it.

    Example:
        >>> Availability(available=False, reason="it is part of Windows").available
        False
    """

    available: bool
    reason: str | None = None
    hint: str | None = None


@runtime_checkable
class Probed(Protocol):
    """A driver that can tell whether it works here without opening anything.

    Example:
        >>> from pyvault_backends.memory import MemoryBackend
        >>> MemoryBackend.probe({}).available
        True
    """

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Return whether it works here, without a prompt, in at most 2 s.

        Args:
            options: as for ``Backend.open``.

        Returns:
            Whether it does, and if not the reason and a hint.

        Raises:
            ConfigError: an unknown or impossible option.
        """
        ...


@runtime_checkable
class Examined(Protocol):
    """A driver that can look deeper, still without a prompt: a child process asks it, and is killed after 2 s.

    Example::

        @classmethod
        def examine(cls, options):
            answers = server_answers()
            return Availability(available=answers, reason=None if answers else "its server does not answer")
    """

    @classmethod
    def examine(cls, options: Options) -> Availability:
        """Return whether the store can be used.

        Args:
            options: as for ``Backend.open``.

        Returns:
            Whether it can, and if not the reason and a hint.

        Raises:
            ConfigError: an unknown or impossible option.
        """
        ...
