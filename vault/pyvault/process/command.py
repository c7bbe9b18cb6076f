"""Commands that the AWS config names, such as ``credential_process``: run without a shell and without recursion."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pyvault.errors import ProcessError
from pyvault.interruptions import pass_interruption
from pyvault.process.chain import chain_variable
from pyvault.process.group import Mark, running_beside_us
from pyvault.process.restore_terminal import restored_terminal
from pyvault.process.scrub_environment import without_vault_secrets
from pyvault.record import Record
from pyvault.secret import Secret
from pyvault.trace import trace

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from datetime import timedelta


MAX_OUTPUT = 64 * 1024  # bytes; the largest real answer is a web identity token of 20 000 characters


class ConfiguredCommand(Record):
    """A command from the config.

    Attributes:
        text: the whole line, for the shell. It may contain a secret, so no error
            ever repeats it.
        setting: its key, e.g. ``mfa_process``.
        profile: whose setting it is.
        limit: how long it may run; longer where a person is asked.
        on_terminal: stderr goes to the terminal even if ours is redirected, for a
            command that prompts there.
    """

    text: str
    setting: str
    profile: str
    limit: timedelta
    on_terminal: bool = False


def run(command: ConfiguredCommand, environ: Mapping[str, str]) -> Secret[bytes]:
    """Run the command and return what it wrote to stdout.

    If it is cut off, all that it has started ends with it: see :mod:`pyvault.process.group`.

    stdin is the terminal if there is one, else empty: the user's stdin is for the
    program that ``exec`` starts.

    Raises:
        ProcessError: it can't be started, failed, ran too long or wrote too much.
        ProfileLoopError: a command of this profile is already running above us.
    """
    import subprocess

    mark = Mark()
    child_environ = _child_environ(environ, command.profile) | mark.variables(environ)
    trace(__name__, "running %s", _name(command))
    with restored_terminal() as terminal:

        def start() -> subprocess.Popen[bytes]:
            try:
                return subprocess.Popen(
                    shell_argv(command.text, environ),
                    stdin=terminal or subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    bufsize=0,
                    stderr=terminal if command.on_terminal else None,
                    env=child_environ,
                )
            except (OSError, ValueError) as exc:
                pass_interruption(exc)
                raise ProcessError(f"{_name(command)} can't be started: {type(exc).__name__}") from None

        with running_beside_us(start, end_others=mark.end_all) as child:
            output, complete = _read(child, command.limit)
            leaves_others = not complete and child.poll() == 0
            if not complete:
                mark.end_all(child.pid)
        if not complete:
            hint = "it ended, but a program that it started keeps its output open: redirect that program to /dev/null"
            message = f"{_name(command)} {_excess(output, command.limit)}"
            raise ProcessError(message, hint=hint if leaves_others else None)
        if child.returncode != 0:
            raise ProcessError(f"{_name(command)} failed with {status_text(child.returncode)}")
        return output


def run_text(command: ConfiguredCommand, environ: Mapping[str, str]) -> Secret[str]:
    """Run the command and return its stdout as text, trimmed.

    Raises:
        ProcessError: as :func:`run`, or the output is not UTF-8.
        ProfileLoopError: as :func:`run`.
    """
    return as_text(run(command, environ), command)


def run_key(command: ConfiguredCommand, environ: Mapping[str, str]) -> str:
    """Return 64 hex digits that two callers share only if one run can serve both.

    The answer of a command depends on its environment and directory. Callers that
    differ in them may be two identities, and never share a run.
    """
    import hashlib
    import json

    try:
        directory = os.getcwd()  # noqa: PTH109 - only the text is needed
    except OSError:  # removed under us
        directory = ""
    parts = [
        command.setting,
        command.profile,
        command.text,
        directory,
        sorted(_child_environ(environ, command.profile).items()),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def as_text(output: Secret[bytes], command: ConfiguredCommand) -> Secret[str]:
    """Return the output of a command as text, trimmed.

    Raises:
        ProcessError: it is not UTF-8.
    """
    try:
        return Secret(output.reveal().decode().strip())
    except UnicodeDecodeError:  # its text would repeat the bytes
        raise ProcessError(f"{_name(command)} printed something that is not UTF-8 text") from None


def shell_argv(text: str, environ: Mapping[str, str]) -> list[str]:
    """Return the argument vector that runs *text* in the system's shell."""
    if sys.platform == "win32":
        return [environ.get("COMSPEC", "cmd.exe"), "/C", text]
    return ["/bin/sh", "-c", text]


def _child_environ(environ: Mapping[str, str], profile: str) -> dict[str, str]:
    return without_vault_secrets(environ) | chain_variable(environ, profile)


def _read(child: subprocess.Popen[bytes], limit: timedelta) -> tuple[Secret[bytes], bool]:
    """Read stdout to its end, within the limits; return it, and whether the child ended.

    A thread reads, because pipes can't be polled on Windows. It is a daemon and
    owns the pipe: a grandchild that keeps the other end open must not keep us
    waiting, and a descriptor must not be closed under a read.
    """
    import threading

    chunks: list[bytes] = []
    ended = threading.Event()

    def drain() -> None:
        if child.stdout is None:
            raise AssertionError("stdout is a pipe")
        room = MAX_OUTPUT + 1
        with child.stdout as pipe:
            # By the pipe's own method: gevent makes its descriptor one that does not block.
            while room and (chunk := pipe.read(room)):
                chunks.append(chunk)
                room -= len(chunk)
        if room:
            child.wait()
            ended.set()

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    reader.join(limit.total_seconds())
    return Secret(b"".join(chunks)), ended.is_set()


def _excess(output: Secret[bytes], limit: timedelta) -> str:
    if len(output) > MAX_OUTPUT:
        return f"printed more than {MAX_OUTPUT} bytes"
    return f"did not finish in {limit.total_seconds():.0f} s"


def status_text(returncode: int) -> str:
    """Return how a failed program ended."""
    return f"exit code {returncode}" if returncode > 0 else f"signal {-returncode}"


def _name(command: ConfiguredCommand) -> str:
    return f"the {command.setting} of profile {command.profile!r}"
