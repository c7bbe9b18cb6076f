"""``pyvault backends list``: where credentials can be kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from pyvault.errors import PyvaultError
from pyvault.storage.built_in import BUILT_IN
from pyvault.storage.plugins import refresh_cache
from pyvault.storage.registry import BackendInfo, list_backends
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
    probe: Annotated[
        bool, typer.Option("--probe", help="load those of others too, each in a child process for 2 s at most")
    ] = False,
) -> None:
    """List the backends: who provides them, and whether they work here. Without --probe runs no code of others."""
    context = context_of(ctx)
    if refresh:
        refresh_cache()
    selected = _selected(context)
    infos = list_backends({name: context.options_of(name) for name in BUILT_IN})
    if probe:
        infos = [_probed(context, info) for info in infos]
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


def _probed(context: Context, info: BackendInfo) -> BackendInfo:
    """Have a backend of others say what its metadata can't."""
    if info.available is not None:
        return info
    from pyvault.storage.probing import probe_in_child

    report = probe_in_child(info.name, context.options_of(info.name), environ=context.environ)
    seen = report.availability
    return replace(info, available=seen.available, reason=seen.reason, hint=seen.hint)


def _selected(context: Context) -> str | None:
    """Name the backend that a command would use now; None where the settings name an impossible one."""
    try:
        return context.choice.name
    except PyvaultError as problem:
        console.report(problem)
        return None
