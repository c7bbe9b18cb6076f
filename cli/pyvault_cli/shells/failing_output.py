"""What ``export`` prints for a shell when it fails.

``eval "$(pyvault export ...)"`` has the status of what it evaluates, and that of nothing
at all is success: a script would go on with whatever credentials it had before. So what
fails prints a command that fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli.commandline import arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

#: A command that fails where it stands, and ends a script that does not go on after failures.
FAILING = {
    "export-env": "false\n",
    "fish": "false\n",
    "powershell": "throw 'pyvault export failed; no variable was changed'\n",
}
#: No shell reads these. Any other word that is no format is a mistake, and only a shell may have waited for its output.
FOR_PROGRAMS = frozenset({"env", "json", "ini", "dotenv"})
#: direnv goes on after a command that failed; what ends an .envrc is ``exit``. Source: direnv-stdlib(1).
DIRENV = "DIRENV_IN_ENVRC"
OPTIONS = ("--format", "--assign")


def failing_command(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Return what a shell evaluates if this command line fails; None if no shell does that with its output.

    The words are looked at as they stand, for they may be why it fails.

    Args:
        argv: the words after the program's name.
        environ: tells whether direnv waits.
    """
    ours = list(argv[: argv.index("--")] if "--" in argv else argv)
    while ours and ours[0].startswith("-"):  # a global option
        del ours[: 2 if ours[0] in arguments.VALUED else 1]
    if ours[:1] != ["export"]:
        return None
    format_name = None
    for position, word in enumerate(ours):
        name, equals, inline = word.partition("=")
        if name in OPTIONS:
            format_name = inline if equals else next(iter(ours[position + 1 :]), "")
    if format_name is None or format_name in FOR_PROGRAMS:
        return None
    if format_name == "export-env" and DIRENV in environ:
        return "exit 1\n"
    return FAILING.get(format_name, "false\n")


def run_for_shell(
    argv: Sequence[str], run: Callable[[Sequence[str]], int], *, early: Callable[[bytes], None] = lambda _: None
) -> int:
    """Run a command line, and print what fails if it does; its exit code stays its own.

    Args:
        argv: the words after the program's name.
        run: runs them.
        early: gets what has to be printed by whoever ends us before *run* could.
    """
    import os

    text = failing_command(argv, os.environ)
    if text is None:
        return run(argv)
    early(text.encode())
    _print_when_ended(text)
    code = 1
    try:
        code = run(argv)
    finally:
        if code:
            _print(text)
    return code


def _print(text: str) -> None:
    from contextlib import suppress

    from pyvault.errors import PyvaultError
    from pyvault_cli.terminal import output

    with suppress(PyvaultError, OSError, ValueError):  # stdout is closed: the shell gets nothing at all
        output.data(text)


def _print_when_ended(text: str) -> None:
    """See that a signal that ends us lets us print it first; SIGKILL alone ends us without a word."""
    import os
    import signal
    from contextlib import suppress

    def end(number: int, _: FrameType | None) -> None:
        with suppress(OSError):
            os.write(1, text.encode())
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    for name in ("SIGTERM", "SIGHUP", "SIGQUIT"):
        number = getattr(signal, name, None)  # Windows has only the first
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)
