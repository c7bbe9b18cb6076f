"""Ask the human at the controlling terminal, and nowhere else.

stdin and stdout belong to data: ``pyvault export | jq`` and ``add --stdin`` must
work, and a secret typed must never come from a pipe or go to one. So the
terminal is opened by its own name. Without one there is an error, never a hang.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from pyvault.errors import UserCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pyvault.secret import Secret

    Seen = Callable[[str], str]


class Terminal(Protocol):
    """Where a human is asked. Questions raise UserCancelledError at end of file."""

    def line(self, prompt: str) -> str:
        """Show the prompt and return what was typed, which is seen."""
        ...

    def hidden(self, prompt: str, *, seen: Seen | None = None, pasted: bool = False) -> Secret[str]:
        """Show the prompt and return what was typed, which is not seen.

        Args:
            prompt: the question.
            seen: returns what of the text so far may be seen after all; ASCII.
            pasted: what came along with the answer to the question before may be this one's.
        """
        ...

    def undisturbed(self) -> AbstractContextManager[None]:
        """Return a block of hidden questions: nothing that is typed between them is seen, and nobody else asks."""
        ...


def open_terminal() -> Terminal:
    """Return the terminal of this process.

    Raises:
        InputRequiredError: there is none.
    """
    if sys.platform == "win32":
        from pyvault_cli.terminal.windows_console import Console

        return Console()
    from pyvault_cli.terminal.tty import Tty, opened

    with opened():
        return Tty()


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
    with terminal.undisturbed():
        while True:
            first = terminal.hidden(shown)
            if not first:
                raise UserCancelledError("the passphrase can't be empty")
            problem = objection(first)
            if problem is None and terminal.hidden("repeat passphrase") == first:
                return first
            shown = f"{problem or 'the two differ, try again'}; {prompt}"


def confirmed(terminal: Terminal, question: str) -> bool:
    """Ask a yes/no question; anything but y or yes is no."""
    return terminal.line(f"{question} (y|N)").strip().lower() in {"y", "yes"}
