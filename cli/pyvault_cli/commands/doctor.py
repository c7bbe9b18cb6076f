"""``pyvault doctor``: what is broken, and what to do about it."""

from __future__ import annotations

from pyvault.printable import printable
from pyvault_cli.commandline import exit_codes
from pyvault_cli.commandline.shared_options import JsonOption
from pyvault_cli.context import Context
from pyvault_cli.doctor.all_checks import examine
from pyvault_cli.terminal import output
from pyvault_cli.terminal.wrapping import wrapped

INDENT = " " * 10


def doctor(context: Context, json: JsonOption = False) -> int:
    """Look at backend, plug-ins, vault file, config files, terminal, region and clock; asks and changes nothing."""
    findings = list(examine(context))
    if json:
        from json import dumps

        shown = [
            {"check": found.check, "ok": found.ok, "message": found.message, "hint": found.hint} for found in findings
        ]
        output.data(dumps({"v": 1, "findings": shown}, indent=2) + "\n")
    else:
        for found in findings:
            state = "BROKEN" if not found.ok else "advice" if found.hint else "ok    "
            _tell(f"{state}  {found.check}: {found.message}")
            if found.hint:
                _tell(f"{INDENT}{found.hint}")
    return exit_codes.DONE if all(found.ok for found in findings) else exit_codes.FAILED


def _tell(line: str) -> None:
    """Write a line, broken between words where it goes to a screen that it does not fit."""
    width = output.columns()
    for part in [line] if width is None else wrapped(printable(line), width, indent=INDENT):
        output.out(part)
