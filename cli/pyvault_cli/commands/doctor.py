"""``pyvault doctor``: what is broken, and what to do about it."""

from __future__ import annotations

import typer

from pyvault_cli import console, exits
from pyvault_cli.checkup.examine import examine
from pyvault_cli.context import context_of
from pyvault_cli.options import JsonOption


def doctor(ctx: typer.Context, json: JsonOption = False) -> None:
    """Look at backend, plug-ins, vault file, config files, terminal, region and clock; asks and changes nothing."""
    findings = list(examine(context_of(ctx)))
    if json:
        from json import dumps

        shown = [
            {"check": found.check, "ok": found.ok, "message": found.message, "hint": found.hint} for found in findings
        ]
        console.data(dumps({"v": 1, "findings": shown}, indent=2) + "\n")
    else:
        for found in findings:
            state = "BROKEN" if not found.ok else "advice" if found.hint else "ok    "
            console.out(f"{state}  {found.check}: {found.message}")
            if found.hint:
                console.out(f"          {found.hint}")
    if not all(found.ok for found in findings):
        raise typer.Exit(exits.FAILED)
