"""``pyvault backends list``: where credentials can be kept."""

from __future__ import annotations

from typing import Annotated

import typer

from pyvault.errors import PyvaultError
from pyvault.registry import BUILT_IN, list_backends, refresh_cache
from pyvault_cli import console
from pyvault_cli.context import Context, context_of
from pyvault_cli.options import JsonOption
from pyvault_cli.table import aligned

#: Whether it works here; of a third party's backend only its own code could say so.
STATES: dict[bool | None, str] = {True: "yes", False: "no", None: "unknown"}


def backends_list(
    ctx: typer.Context,
    json: JsonOption = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="look anew for installed backends")] = False,
) -> None:
    """List the backends: who provides them, and whether they work here. Runs no code of others."""
    context = context_of(ctx)
    if refresh:
        refresh_cache()
    selected = _selected(context)
    infos = list_backends({name: context.options_of(name) for name in BUILT_IN})
    if json:
        from json import dumps

        shown = [
            {
                "name": info.name,
                "distribution": info.distribution,
                "version": info.version,
                "available": info.available,
                "reason": info.reason,
                "hint": info.hint,
                "selected": info.name == selected,
            }
            for info in infos
        ]
        console.data(dumps({"v": 1, "backends": shown}, indent=2) + "\n")
        return
    rows = [
        (
            f"{'*' if info.name == selected else ' '} {info.name}",
            f"{info.distribution or 'built in'} {info.version or ''}",
            STATES[info.available],
            info.reason or "",
        )
        for info in infos
    ]
    console.data(aligned([("  name", "from", "works here", "why not"), *rows]), errors="backslashreplace")


def _selected(context: Context) -> str | None:
    """Name the backend that a command would use now; None where the settings name an impossible one."""
    try:
        return context.choice.name
    except PyvaultError as problem:
        console.report(problem)
        return None
