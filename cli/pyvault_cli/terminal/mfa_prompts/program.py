"""Run a program that asks: an argument list, no shell, its answer a secret."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pyvault.errors import MfaError, UserCancelledError
from pyvault.process.command import status_text
from pyvault.process.scrub_environment import without_vault_secrets
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pyvault.mfa.codes import MfaRequest

LONGEST_ANSWER = 4096  # bytes; a code has six
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def on_path(program: str, environ: Mapping[str, str]) -> bool:
    """Return whether a program is there to be run."""
    return shutil.which(program, path=environ.get("PATH")) is not None


def on_display(environ: Mapping[str, str]) -> bool:
    """Return whether a window can open."""
    return any(environ.get(name) for name in DISPLAYS)


def question(request: MfaRequest) -> str:
    """Return the question as plain text.

    The serial comes from a config file. Dialog programs read mark-up and
    mnemonics in their labels, so what could be either is taken out.
    """
    serial = "".join(char for char in request.serial if char.isprintable() and char not in "<>&_\\")
    return f"Enter MFA code for {serial}"


def answer(
    argv: Sequence[str], environ: Mapping[str, str], *, cancelled: Collection[int] = (), needs_terminal: bool = False
) -> Secret[str]:
    """Run the program and return what it printed, trimmed.

    Args:
        argv: the program by name, found on the PATH of *environ*.
        cancelled: exit codes that mean that the person dismissed the question.
        needs_terminal: stdin stays ours, for a program that may ask by itself.

    Raises:
        UserCancelledError: the person dismissed it.
        MfaError: it can't be run, failed, or printed nothing.
    """
    import subprocess

    program = shutil.which(argv[0], path=environ.get("PATH"))
    if program is None:
        raise MfaError(f"there is no program {argv[0]!r} on PATH")
    try:
        done = subprocess.run(
            [program, *argv[1:]],
            stdin=None if needs_terminal else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=without_vault_secrets(environ),
            check=False,
        )
    except OSError as exc:
        raise MfaError(f"{argv[0]!r} can't be run: {exc.strerror}") from None
    if done.returncode in cancelled:
        raise UserCancelledError("the MFA prompt was dismissed")
    if done.returncode != 0:
        raise MfaError(f"{argv[0]!r} failed with {status_text(done.returncode)}")
    try:
        text = Secret(done.stdout[:LONGEST_ANSWER].decode().strip())
    except UnicodeDecodeError:  # it keeps the bytes
        raise MfaError(f"{argv[0]!r} printed something that is not UTF-8 text") from None
    if not text:
        raise MfaError(f"{argv[0]!r} returned no code")
    return text
