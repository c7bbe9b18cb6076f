"""What a command works with, each thing opened when it is first asked for.

A command that needs no vault opens none: ``backends list`` works with a locked
one, ``export`` of a role behind ``credential_process`` without any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    import typer

    from pyvault_cli.words import Words


class Context:
    """The command line, the environment, and what is opened from them.

    Attributes:
        words: the command line, with the global options.
        environ: the environment of this process.
    """

    def __init__(self, words: Words, environ: Mapping[str, str]) -> None:
        self.words = words
        self.environ = environ

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything that was opened."""


def context_of(parsed: typer.Context) -> Context:
    """Give our context to a command, out of Typer's."""
    return parsed.find_object(Context) or _missing()


def _missing() -> Context:
    raise AssertionError("a command was called without its context")
