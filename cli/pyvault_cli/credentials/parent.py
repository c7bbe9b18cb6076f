"""Stay the parent of a command, and be as little in its way as can be.

Everything that ``exec`` promises of a command that takes our place holds for one
below us: its exit code, each signal once, Ctrl-C and Ctrl-Z at the terminal.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from pyvault.errors import UsageError
from pyvault.process.own_secrets import close_memory, hide_variables
from pyvault.process.signals import pass_signals
from pyvault_cli.commandline import exit_codes
from pyvault_cli.credentials.spawn import CommandNotExecutableError, find_program, flush

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: What the system says when it lets nobody start a process now, or us never.
NO_ROOM = frozenset({errno.EAGAIN, errno.ENOMEM, errno.ENOSYS})


def run_below(
    command: Sequence[str], environ: Mapping[str, str], *, started: Callable[[int], None], purpose: str
) -> int:
    """Run a command as our child and return its exit code, 128+N for a signal N.

    Args:
        command: the program and its words.
        environ: all of its environment.
        started: gets the number of its process, in that process where there is fork: whatever ends us, it is known.
        purpose: why we can't simply become the command, for the error.

    Raises:
        UsageError: no process can be started here.
        CommandNotFoundError: there is no such program.
        CommandNotExecutableError: the system refuses to run it.
    """
    program = find_program(command[0], environ.get("PATH"))
    hide_variables()  # this process lives as long as the command, which must not read our keys in /proc
    flush()
    early: list[int] = []  # a signal that comes before there is anybody to pass it to
    for number in (signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
        if signal.getsignal(number) != signal.SIG_IGN:  # a child takes that over, and nohup means it
            signal.signal(number, lambda number, _frame: early.append(number))
    try:
        child = subprocess.Popen(
            [program, *command[1:]],
            env=dict(environ),
            close_fds=False,  # what was opened for the command is for the command
            preexec_fn=None if sys.platform == "win32" else lambda: started(os.getpid()),  # noqa: PLW1509 - no threads
        )
    except OSError as exc:
        if exc.errno in NO_ROOM:
            raise UsageError(
                f"Can't use {purpose} here: the command can't run below pyvault ({exc.strerror})"
            ) from None
        raise CommandNotExecutableError(f"the command '{command[0]}' can't be run: {exc.strerror}") from None
    if sys.platform == "win32":
        started(child.pid)
    close_memory()
    pass_signals(child)
    for sent in early:
        child.send_signal(sent)
    if hasattr(os, "waitid"):
        with suppress(ChildProcessError):  # a signal that was passed on has seen its end
            _stop_with(child.pid)
    code = child.wait()
    return code if code >= 0 else exit_codes.SIGNALLED - code


def _stop_with(program: int) -> None:
    """Stop and go on whenever the program does, so that the shell above sees the job stop; until it has ended."""

    def go_on(_number: int, _frame: object) -> None:
        # Also where the terminal has stopped both: else we might wake first, and take the program for one that stops.
        with suppress(ProcessLookupError):
            os.kill(program, signal.SIGCONT)

    signal.signal(signal.SIGCONT, go_on)
    while True:
        seen = os.waitid(os.P_PID, program, os.WEXITED | os.WSTOPPED | os.WNOWAIT)
        if seen is None or seen.si_code not in {os.CLD_STOPPED, os.CLD_TRAPPED}:
            return
        if os.waitid(os.P_PID, program, os.WSTOPPED | os.WNOHANG) is not None:
            os.kill(os.getpid(), signal.SIGSTOP)
