"""Become the child, or where that is not possible, run it and take over its end.

``execve`` leaves nothing of us beside the child: its status, its signals and the
terminal are its own. Windows has no such call; there a subprocess stands in.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from pyvault.errors import PyvaultError
from pyvault_cli.commandline import exit_codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class CommandNotFoundError(PyvaultError):
    """PATH has no such program."""


class CommandNotExecutableError(PyvaultError):
    """The program is there, but the system refuses to run it."""


exit_codes.TABLE |= {
    CommandNotFoundError: exit_codes.COMMAND_NOT_FOUND,
    CommandNotExecutableError: exit_codes.NOT_EXECUTABLE,
}


def default_command(environ: Mapping[str, str]) -> list[str]:
    """Return the shell that runs when no command was named."""
    if sys.platform == "win32":
        return [environ.get("COMSPEC") or "cmd.exe"]
    return [environ.get("SHELL") or "/bin/sh"]


def find_program(word: str, path: str | None) -> str:
    """Find a program as a shell would.

    Args:
        word: the first word of the command; one with a slash is taken as a path.
        path: the child's PATH.

    Raises:
        CommandNotFoundError: there is none; exit code 127.
        CommandNotExecutableError: there is one without the right to run; 126.
    """
    if sys.platform == "win32":
        import shutil

        places = [found] if (found := shutil.which(word, path=path)) else []
    else:
        places = [os.path.join(folder, word) for folder in _folders(word, path)]  # noqa: PTH118 - hot path
    for place in places:
        if os.access(place, os.X_OK) and not os.path.isdir(place):  # noqa: PTH112 - hot path
            return place
    if any(os.path.exists(place) for place in places):  # noqa: PTH110 - hot path
        raise CommandNotExecutableError(f"the command '{word}' is not executable")
    raise CommandNotFoundError(f"the command '{word}' was not found")


def _folders(word: str, path: str | None) -> list[str]:
    """Return where a program of this name may be; an empty PATH names nothing."""
    if os.path.dirname(word):  # noqa: PTH120 - a word, not a file
        return [""]
    if not word or path == "":
        return []
    return (os.defpath if path is None else path).split(os.pathsep)


def become(command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Run the command in our place; on Windows beside us. Does not come back.

    Raises:
        CommandNotFoundError: there is no such program.
        CommandNotExecutableError: the system refuses to run it.
        SystemExit: Windows: the child's exit code.
    """
    program = find_program(command[0], environ.get("PATH"))
    flush()
    if sys.platform == "win32":
        sys.exit(run(program, command, environ))
    _default_signals()
    try:
        os.execve(program, list(command), dict(environ))  # noqa: S606 - no shell is the point
    except OSError as exc:
        raise CommandNotExecutableError(f"the command '{command[0]}' can't be run: {exc.strerror}") from None


def flush() -> None:
    """Write what is buffered: it would be lost with this process's memory, or come after the command's."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # a stream may be None, closed, or broken
            stream.flush()


def run(program: str, command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the command beside us and return its exit code, 128+N for a signal N.

    A console gives Ctrl-C to the command too, and what becomes of it is the command's to
    say: ``subprocess.run`` would kill it a quarter of a second later.
    """
    import subprocess

    from pyvault.process.signals import pass_signals

    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)  # a command started with SIG_IGN would keep it
    try:
        child = subprocess.Popen([program, *command[1:]], env=dict(environ))
    except OSError as exc:
        signal.signal(signal.SIGINT, before)
        raise CommandNotExecutableError(f"the command '{command[0]}' can't be run: {exc.strerror}") from None
    pass_signals(child)
    code = child.wait()
    return code if code >= 0 else exit_codes.SIGNALLED - code


def _default_signals() -> None:
    # Python ignores these two, an ignored signal stays so across execve, and
    # `pyvault exec x -- yes | head` would then never end.
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
