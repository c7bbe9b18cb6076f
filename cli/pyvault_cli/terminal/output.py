"""The rules of output, and counts that agree with their nouns."""

from __future__ import annotations

import os
import sys

from pyvault.errors import PyvaultError
from pyvault.files import witness
from pyvault.printable import printable

RED, YELLOW, PLAIN = "\x1b[1;31m", "\x1b[33m", "\x1b[0m"


class NobodyReadsError(BrokenPipeError):
    """The reader of our stdout has gone; any other broken pipe or socket is an error like others."""


def error(text: str) -> None:
    """Tell a person what went wrong."""
    _say("error", text, RED)


def warn(text: str) -> None:
    """Tell a person what they may not expect."""
    _say("warning", text, YELLOW)


def hint(text: str) -> None:
    """Tell a person what to do next."""
    _say("hint", text, "")


def note(text: str) -> None:
    """Tell a person what was done."""
    _write_stderr(f"{printable(text)}\n")


def report(problem: PyvaultError) -> None:
    """Tell a person about an error, and its hint."""
    error(problem.message)
    if problem.hint:
        hint(problem.hint)


def out(text: str) -> None:
    """Write one line for people or simple programs to stdout, escaped."""
    data(f"{printable(text)}\n", errors="backslashreplace")


def data(text: str, *, errors: str = "surrogateescape") -> None:
    """Write text to stdout exactly.

    Args:
        text: what was asked for; secrets allowed.
        errors: what to do with characters that stdout's encoding lacks.

    Raises:
        PyvaultError: stdout is closed, or can't hold these characters.
    """
    data_bytes(encoded(text, errors=errors))


def encoded(text: str, *, errors: str = "surrogateescape") -> bytes:
    """Return the bytes of a text for stdout.

    Args:
        text: to write.
        errors: what to do with characters that stdout's encoding lacks.

    Raises:
        PyvaultError: it can't hold these characters.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        return text.encode(encoding, errors)
    except UnicodeEncodeError:
        raise PyvaultError(f"the output can't be written in the encoding {encoding!r}") from None


def data_bytes(raw: bytes) -> None:
    """Write bytes to stdout exactly.

    Raises:
        PyvaultError: stdout is closed, or its disk is full.
        NobodyReadsError: nobody reads; ``main`` turns it into an exit code.
    """
    stream = sys.stdout
    if stream is None:  # pyright: ignore[reportUnnecessaryComparison] - None if descriptor 1 was closed at the start
        raise PyvaultError("the output has nowhere to go: stdout is closed")
    try:
        stream.flush()
        stream.buffer.write(raw)
        stream.flush()
    except BrokenPipeError:
        raise NobodyReadsError from None
    except OSError as exc:
        raise PyvaultError(f"can't write the output: {exc.strerror}") from None


def is_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()  # pyright: ignore[reportUnnecessaryComparison] - as above


def wants_colour() -> bool:
    """Return whether stderr is a terminal that wants colour."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb":
        return False
    return sys.stderr is not None and sys.stderr.isatty()  # pyright: ignore[reportUnnecessaryComparison] - as above


def _say(level: str, text: str, colour: str) -> None:
    label = f"{colour}{level}:{PLAIN}" if colour and wants_colour() else f"{level}:"
    _write_stderr(f"pyvault: {label} {printable(text)}\n")


def _write_stderr(line: str) -> None:
    # A message that can't be delivered must not turn success into failure.
    from contextlib import suppress

    if witness.current is not None:
        witness.current.lose_sight()  # a warm answer is silent

    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(line)
        sys.stderr.flush()


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number and what it counts: ``1 entry``, ``2 entries``; *many* is *one* with an s, if not given."""
    return f"{number} {one if number == 1 else many or one + 's'}"
