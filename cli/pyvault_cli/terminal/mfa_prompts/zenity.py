"""Ask in a window of GNOME's zenity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli.terminal.mfa_prompts.program import answer, on_display, on_path, question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.mfa.codes import MfaRequest
    from pyvault.secret import Secret

DISMISSED = {1, 5}  # zenity(1): Cancel, and --timeout


def available(environ: Mapping[str, str]) -> bool:
    """Return whether zenity can open a window."""
    return on_display(environ) and on_path("zenity", environ)


def ask(request: MfaRequest, environ: Mapping[str, str]) -> Secret[str]:
    """Ask for a code.

    Raises:
        UserCancelledError: the window was closed.
        MfaError: no code came out.
    """
    argv = ["zenity", "--entry", "--title=pyvault", f"--text={question(request)}"]
    return answer(argv, environ, cancelled=DISMISSED)
