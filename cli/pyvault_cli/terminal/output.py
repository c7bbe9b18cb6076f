"""The rules of output, and counts that agree with their nouns."""

from __future__ import annotations

import os
import sys

from pyvault.errors import PyvaultError
from pyvault.files import witness
from pyvault.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

USUAL_WIDTH = 80  # of a terminal that does not say
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
    _write_stderr(f"{_broken(printable(text))}\n")


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


def columns(stream: TextIO | None = None) -> int | None:
    """Return how wide the terminal is that a stream, by default stdout, goes to; None if it goes to none."""
    stream = stream or sys.stdout
    try:
        if stream is None or not stream.isatty():  # pyright: ignore[reportUnnecessaryComparison] - as above
            return None
        return os.get_terminal_size(stream.fileno()).columns or USUAL_WIDTH
    except (OSError, ValueError):
        return None


def wants_colour(stream: TextIO | None = None) -> bool:
    """Return whether a stream, by default stderr, is a terminal that wants colour."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb":
        return False
    stream = stream or sys.stderr
    return stream is not None and stream.isatty()  # pyright: ignore[reportUnnecessaryComparison] - as above


#: In a help: a command or an option, beside or above what is said of it.
ENTRY = r"^  (-\S.*?(?=  |$)|\S+( \S+)*(?=  +\S))"


def page(text: str, *, heading: Callable[[str], bool], entries: bool = False) -> None:
    """Write lines for a person to stdout, escaped already; the headings stand out where the terminal can show it.

    Args:
        text: lines that fit.
        heading: decides by a line.
        entries: whether what the lines begin with stands out, too, as in a help.
    """
    if wants_colour(sys.stdout):
        import re

        from rich.console import Console
        from rich.text import Text

        painted = Text("\n").join(Text(line, style="bold" if heading(line) else "") for line in text.splitlines())
        if entries:
            painted.highlight_regex(re.compile(ENTRY, re.MULTILINE), "cyan")
        console = Console(file=sys.stdout)
        with console.capture() as captured:
            console.print(painted, soft_wrap=True)
        text = captured.get()
    data(text, errors="backslashreplace")


def _say(level: str, text: str, colour: str) -> None:
    told = _broken(f"pyvault: {level}: {printable(text)}")
    if colour and wants_colour():
        told = told.replace(f"{level}:", f"{colour}{level}:{PLAIN}", 1)
    _write_stderr(f"{told}\n")


def _broken(line: str) -> str:
    """Return a line for stderr; as several, broken between words, where it goes to a screen that it does not fit."""
    width = columns(sys.stderr)
    if width is None or len(line) <= width:
        return line
    from pyvault_cli.terminal.wrapping import wrapped

    return "\n".join(wrapped(line, width))


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
