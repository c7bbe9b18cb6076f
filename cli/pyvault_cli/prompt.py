"""Ask the human at the controlling terminal, and nowhere else.

stdin and stdout belong to data: ``pyvault export | jq`` and ``add --stdin`` must
work, and a secret typed must never come from a pipe or go to one. So the
terminal is opened by its own name. Without one there is an error, never a hang.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from pyvault.errors import InputRequiredError, UserCancelledError
from pyvault.secret import Secret
from pyvault_cli.console import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

LONGEST_LINE = 4096  # bytes; a terminal in line mode gives no more (termios(3), MAX_CANON)


class Terminal(Protocol):
    """Where a human is asked. Both methods raise UserCancelledError at end of file."""

    def line(self, prompt: str) -> str:
        """Show the prompt and give what was typed, which is seen."""
        ...

    def hidden(self, prompt: str) -> Secret[str]:
        """Show the prompt and give what was typed, which is not seen."""
        ...


def open_terminal() -> Terminal:
    """Give the terminal of this process.

    Raises:
        InputRequiredError: there is none.
    """
    if sys.platform == "win32":
        from pyvault_cli.prompt_windows import Console

        return Console()
    with _opened():
        return _Tty()


def ask_twice(
    terminal: Terminal, prompt: str, objection: Callable[[Secret[str]], str | None] = lambda _: None
) -> Secret[str]:
    """Ask for a new secret until it was typed twice alike; a typo here would lock the owner out.

    What went wrong stands before the next question. It is no question of its own: that one
    would be answered with the secret, and seen.

    Args:
        terminal: where the human is.
        prompt: what is asked.
        objection: says what is wrong with a secret; None accepts it.
    """
    shown = prompt
    while True:
        first = terminal.hidden(shown)
        if not first:
            raise UserCancelledError("nothing was typed")
        problem = objection(first)
        if problem is None and terminal.hidden("the same again") == first:
            return first
        shown = f"{problem or 'the two differ, try again'}; {prompt}"


def confirmed(terminal: Terminal, question: str) -> bool:
    """Ask a yes/no question; anything but y or yes is no."""
    return terminal.line(f"{question} (y|N)").strip().lower() in {"y", "yes"}


class _Tty:
    """``/dev/tty``: the controlling terminal of a POSIX process, whatever stdin is."""

    def line(self, prompt: str) -> str:
        from pyvault.server.foreground import foreground

        with _opened() as descriptor, foreground(descriptor):
            return self._ask(descriptor, prompt)

    def hidden(self, prompt: str) -> Secret[str]:
        from pyvault.server.foreground import foreground

        with _opened() as descriptor, foreground(descriptor), _no_echo(descriptor):
            return Secret(self._ask(descriptor, prompt, after="\n"))

    def _ask(self, descriptor: int, prompt: str, *, after: str = "") -> str:
        import os

        encoding = os.device_encoding(descriptor) or "utf-8"
        os.write(descriptor, f"{printable(prompt)}: ".encode(encoding, "backslashreplace"))
        raw = b""
        try:
            raw = os.read(descriptor, LONGEST_LINE)
        except KeyboardInterrupt:
            raise UserCancelledError("cancelled") from None
        finally:
            # Enter moves to the next line by itself where it is echoed; nothing else does.
            os.write(descriptor, after.encode() if raw else b"\n")
        if not raw:
            raise UserCancelledError("nothing was typed")
        try:
            return raw.decode(encoding).removesuffix("\n")
        except UnicodeDecodeError:
            raise UserCancelledError(f"what was typed is not valid {encoding}") from None


@contextmanager
def _opened() -> Generator[int]:
    import os

    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        raise InputRequiredError("there is no terminal to ask at") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _no_echo(descriptor: int) -> Generator[None]:
    import termios

    before = termios.tcgetattr(descriptor)
    silent = before.copy()
    silent[3] &= ~termios.ECHO  # [3]: the local modes, tcgetattr(3)
    # TCSAFLUSH throws away what was typed ahead: it was meant for another question.
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
