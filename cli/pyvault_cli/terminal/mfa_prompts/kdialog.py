"""Ask in a window of KDE's kdialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli.terminal.mfa_prompts.program import answer, on_display, on_path, question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.mfa.codes import MfaRequest
    from pyvault.secret import Secret

DISMISSED = {1}


def available(environ: Mapping[str, str]) -> bool:
    """Return whether kdialog can open a window."""
    return on_display(environ) and on_path("kdialog", environ)


def ask(request: MfaRequest, environ: Mapping[str, str]) -> Secret[str]:
    """Ask for a code.

    Raises:
        UserCancelledError: the window was closed.
        MfaError: no code came out.
    """
    argv = ["kdialog", "--title", "pyvault", "--inputbox", question(request)]
    return answer(argv, environ, cancelled=DISMISSED)
