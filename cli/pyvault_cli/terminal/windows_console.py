"""The console of a Windows process: ``CONIN$`` and ``CONOUT$``, never stdin or stdout."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING

from pyvault.errors import InputRequiredError, UserCancelledError
from pyvault.printable import printable
from pyvault.secret import Secret
from pyvault_cli.terminal.typed_line import rewriting
from pyvault_cli.terminal.wrapping import question

if TYPE_CHECKING:
    from pyvault_cli.terminal.prompt import Seen

assert sys.platform == "win32"  # noqa: S101 - tells the type checkers which stubs to read


class Console:
    """The :class:`~pyvault_cli.terminal.prompt.Terminal` of Windows."""

    def line(self, prompt: str) -> str:
        """Show the prompt and return what was typed, which is seen."""
        _ask(prompt)
        try:
            with open("CONIN$", encoding="utf-8") as keyboard:  # noqa: PTH123 - a device, not a path
                typed = keyboard.readline()
        except KeyboardInterrupt:
            raise UserCancelledError("cancelled") from None
        if not typed:
            raise UserCancelledError("no answer was given")
        return typed.rstrip("\r\n")

    def hidden(self, prompt: str, *, seen: Seen | None = None, pasted: bool = False) -> Secret[str]:
        """Show the prompt and return what was typed; seen is only what *seen* returns of it."""
        import msvcrt

        del pasted  # the console keeps all keys until somebody reads them
        on_screen = ""
        _ask(prompt)
        typed: list[str] = []
        while (key := msvcrt.getwch()) not in "\r\n":
            if key in "\x03\x1a":  # Ctrl-C, Ctrl-Z
                raise UserCancelledError("cancelled")
            if key == "\b":
                del typed[-1:]
            else:
                typed.append(key)
            wanted = seen("".join(typed)) if seen else ""
            if wanted != on_screen:
                _show(rewriting(on_screen, wanted))
            on_screen = wanted
        _show("\n")
        return Secret("".join(typed))

    def undisturbed(self) -> AbstractContextManager[None]:
        """Return a block of hidden questions: this console echoes nothing but what is read with echo."""
        return nullcontext()


def _ask(prompt: str) -> None:
    width = None
    with suppress(OSError), open("CONOUT$", "w", encoding="utf-8") as screen:  # noqa: PTH123 - a device, not a path
        width = os.get_terminal_size(screen.fileno()).columns
    _show(question(printable(prompt), width))


def _show(text: str) -> None:
    try:
        with open("CONOUT$", "w", encoding="utf-8") as screen:  # noqa: PTH123 - a device, not a path
            screen.write(text)
    except OSError:
        raise InputRequiredError("there is no terminal to ask at") from None
