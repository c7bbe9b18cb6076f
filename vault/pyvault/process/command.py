"""Commands that the AWS config names, such as ``credential_process``: run without a shell and without recursion."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pyvault.errors import ProcessError
from pyvault.process.chain import entered
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
    """A command as it stands in the config.

    Attributes:
        text: the whole line, for the shell. It may itself hold a secret, so no
            error ever repeats it.
        setting: the key it comes from, e.g. ``mfa_process``.
        profile: whose setting it is.
        limit: how long it may run; long enough for a person where one is asked.
        on_terminal: stderr goes to the terminal even if ours is redirected:
            the command talks to a person there.
    """

    text: str
    setting: str
    profile: str
    limit: timedelta
    on_terminal: bool = False


def run(command: ConfiguredCommand, environ: Mapping[str, str]) -> Secret[bytes]:
    """Run the command and give what it wrote to stdout.

    Where it is cut off, all that it has started ends with it: see :mod:`pyvault.process.group`.

    stdin is the terminal where there is one, else empty: the user's stdin
    belongs to the program that ``exec`` starts.

    Raises:
        ProcessError: it can't be started, failed, ran too long or said too much.
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
                    stderr=terminal if command.on_terminal else None,
                    env=child_environ,
                )
            except (OSError, ValueError) as exc:
                raise ProcessError(f"{_name(command)} can't be started: {type(exc).__name__}") from None

        with running_beside_us(start, end_others=mark.end_all) as child:
            output, complete = _read(child, command.limit)
            leaves_others = not complete and child.poll() == 0
            if not complete:
                mark.end_all(child.pid)
        if not complete:
            hint = "it ended, and a program that it started keeps its output open: send that one's to /dev/null"
            message = f"{_name(command)} {_excess(output, command.limit)}"
            raise ProcessError(message, hint=hint if leaves_others else None)
        if child.returncode != 0:
            raise ProcessError(f"{_name(command)} failed with {status_text(child.returncode)}")
        return output


def run_text(command: ConfiguredCommand, environ: Mapping[str, str]) -> Secret[str]:
    """Run the command and give its stdout as text, trimmed.

    Raises:
        ProcessError: as :func:`run`, or the output is not UTF-8.
        ProfileLoopError: as :func:`run`.
    """
    return as_text(run(command, environ), command)


def run_key(command: ConfiguredCommand, environ: Mapping[str, str]) -> str:
    """Return 64 hex digits that two runs have in common only if one can stand for the other.

    A command answers for whoever its environment and its directory say. Callers
    that differ in them may be two identities, and never share a run.
    """
    import hashlib
    import json

    try:
        place = os.getcwd()  # noqa: PTH109 - a text is all that is needed
    except OSError:  # removed under us
        place = ""
    told = [
        command.setting,
        command.profile,
        command.text,
        place,
        sorted(_child_environ(environ, command.profile).items()),
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def as_text(output: Secret[bytes], command: ConfiguredCommand) -> Secret[str]:
    """Return what a command wrote as text, trimmed.

    Raises:
        ProcessError: it is not UTF-8.
    """
    try:
        return Secret(output.reveal().decode().strip())
    except UnicodeDecodeError:  # it keeps the bytes
        raise ProcessError(f"{_name(command)} printed something that is not UTF-8 text") from None


def shell_argv(text: str, environ: Mapping[str, str]) -> list[str]:
    """Give the argument vector that runs *text* in the system's shell."""
    if sys.platform == "win32":
        return [environ.get("COMSPEC", "cmd.exe"), "/C", text]
    return ["/bin/sh", "-c", text]


def _child_environ(environ: Mapping[str, str], profile: str) -> dict[str, str]:
    return without_vault_secrets(environ) | entered(environ, profile)


def _read(child: subprocess.Popen[bytes], limit: timedelta) -> tuple[Secret[bytes], bool]:
    """Read stdout to its end, within the limits; say whether the child came to its end.

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
            while room and (chunk := os.read(pipe.fileno(), room)):
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
    """Say how a program ended that failed."""
    return f"exit code {returncode}" if returncode > 0 else f"signal {-returncode}"


def _name(command: ConfiguredCommand) -> str:
    return f"the {command.setting} of profile {command.profile!r}"
