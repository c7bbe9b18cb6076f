"""Ask at the controlling terminal, whatever stdin and stdout are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import InputRequiredError
from pyvault.secret import Secret
from pyvault_cli.terminal import prompt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.mfa.codes import MfaRequest


def available(environ: Mapping[str, str]) -> bool:
    """Return whether there is a terminal."""
    del environ
    try:
        prompt.open_terminal()
    except InputRequiredError:
        return False
    return True


def ask(request: MfaRequest, environ: Mapping[str, str]) -> Secret[str]:
    """Ask for a code; it is seen, since nobody can use it twice.

    Raises:
        InputRequiredError: there is no terminal.
        UserCancelledError: the person gave no answer.
    """
    del environ
    try:
        terminal = prompt.open_terminal()
    except InputRequiredError:
        raise InputRequiredError(
            f"an MFA code for {request.serial!r} is required, and there is no terminal to ask at",
            hint="provide it with --mfa-token, set mfa_process in the profile, or choose a --prompt",
        ) from None
    return Secret(terminal.line(f"Enter MFA code for {request.serial}"))
