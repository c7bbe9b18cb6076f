"""``pyvault backends info``: who provides a backend, and whether it works here."""

from __future__ import annotations

from typing import Annotated

import typer

from pyvault.errors import BackendUnavailableError
from pyvault.storage.built_in import BUILT_IN
from pyvault.storage.registry import find_backend
from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.looking import look_at
from pyvault_cli.options import JsonOption


def backends_info(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="the backend", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Load the backend in a child process, for 2 s at most, and ask it whether it works here."""
    context = context_of(ctx)
    info = find_backend(name)
    report = look_at(info, context)
    seen = report.availability
    accepted = None if name in BUILT_IN else context.remembered.plugins.get(name)
    facts: dict[str, str | bool | None] = {
        "name": info.name,
        "distribution": info.distribution,
        "version": info.version,
        "built_in": name in BUILT_IN,
        "accepted_from": accepted.distribution if accepted else None,
        "accepted_version": accepted.version if accepted else None,
        "available": seen.available,
        "reason": seen.reason,
        "hint": seen.hint,
        "failure": report.failure,
    }
    if json:
        from json import dumps

        console.data(dumps({"v": 1, **facts}, indent=2) + "\n")
    else:
        origin = f"{accepted.distribution} {accepted.version}" if accepted else None
        # The failure is the reason once more.
        told = facts | {"accepted_from": origin, "accepted_version": None, "failure": None}
        for key, value in told.items():
            if value is not None:
                console.out(f"{key.replace('_', ' ')}: {_shown(value)}")
    if report.failure is not None:
        raise BackendUnavailableError(f"the backend {name!r} is broken")


def _shown(value: str | bool) -> str:
    return value if isinstance(value, str) else ("yes" if value else "no")
