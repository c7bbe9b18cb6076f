"""Ask in a dialog of macOS, through AppleScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli.terminal.mfa_prompts.program import answer, on_path, question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.mfa.codes import MfaRequest
    from pyvault.secret import Secret

#: The text arrives as an argument: put into the script, a serial with a quote
#: in it would be AppleScript, which can run programs.
SCRIPT = (
    "on run argv",
    'set given to display dialog (item 1 of argv) default answer "" with title "pyvault"',
    "return text returned of given",
    "end run",
)
DISMISSED = {1}  # "User canceled. (-128)"


def available(environ: Mapping[str, str]) -> bool:
    """Return whether this is macOS."""
    return on_path("osascript", environ)


def ask(request: MfaRequest, environ: Mapping[str, str]) -> Secret[str]:
    """Ask for a code.

    Raises:
        UserCancelledError: the dialog was dismissed.
        MfaError: no code came out.
    """
    script = [word for line in SCRIPT for word in ("-e", line)]
    return answer(["osascript", *script, question(request)], environ, cancelled=DISMISSED)
