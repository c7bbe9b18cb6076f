"""``pyvault backends list`` and ``info``: where credentials can be kept, and who provides that."""

from __future__ import annotations

from typing import Annotated

from pyvault.errors import BackendUnavailableError, PyvaultError
from pyvault.record import replace
from pyvault.storage.backend_info import BackendInfo
from pyvault.storage.built_in import BUILT_IN
from pyvault.storage.plugins import refresh_cache
from pyvault.storage.registry import find_backend, list_backends
from pyvault_cli.commandline.parameters import Argument, Option
from pyvault_cli.commandline.shared_options import JsonOption
from pyvault_cli.context import Context
from pyvault_cli.stores.backend_probe import look_at, refusal_of
from pyvault_cli.terminal import output
from pyvault_cli.terminal.table import aligned

WIDTH = 80  # of the narrowest usual terminal
INDENT = "    "

#: Whether it works here; of a third party's backend only its own code could say so.
STATES: dict[bool | None, str] = {True: "yes", False: "no", None: "unknown"}


def backends_list(
    context: Context,
    json: JsonOption = False,
    refresh: Annotated[bool, Option("--refresh", help="rescan the installed backends")] = False,
    probe: Annotated[
        bool, Option("--probe", help="load third-party ones too, each in a child process for 2 s at most")
    ] = False,
) -> None:
    """List the backends: who provides them, and whether they work here. Without --probe runs no code of others."""
    if refresh:
        refresh_cache()
    selected = _selected(context)
    infos = list_backends({name: context.options_of(name) for name in BUILT_IN})
    infos = [_looked_at(context, info, probe=probe) for info in infos]
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
                "selected": _is_used(info, selected),
            }
            for info in infos
        ]
        output.data(dumps({"v": 1, "backends": shown}, indent=2) + "\n")
        return
    rows = [
        (
            f"{'*' if _is_used(info, selected) else ' '} {info.name}",
            f"{info.distribution or 'built in'} {info.version or ''}",
            STATES[info.available],
        )
        for info in infos
    ]
    table = aligned([("  name", "from", "works here"), *rows], width=output.columns())
    output.page(table, heading=lambda line: line.startswith("  name"))
    without = [info for info in infos if info.reason]
    if without:
        output.out("")
    for info in without:  # below the table: beside it, they would not fit
        _paragraph(f"{info.name}: {info.reason}")
        if info.hint:
            _paragraph(info.hint, indent=INDENT)


def _paragraph(text: str, *, indent: str = "") -> None:
    from textwrap import wrap

    lines = wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,  # options and names stay whole
    )
    for line in lines:
        output.out(line)


def _looked_at(context: Context, info: BackendInfo, *, probe: bool) -> BackendInfo:
    """Return what a third-party backend's metadata lacks: whether it may run, and with *probe*, whether it works."""
    if info.available is not None:
        return info
    try:
        seen = look_at(info, context).availability if probe else refusal_of(info, context)
    except PyvaultError as problem:  # who it was before can't be read, or an option is wrong
        return replace(info, available=False, reason=problem.message, hint=problem.hint)
    return info if seen is None else replace(info, available=seen.available, reason=seen.reason, hint=seen.hint)


def _is_used(info: BackendInfo, selected: str | None) -> bool:
    """Return whether this is what the selected name leads to, and not another that claims it."""
    return info.name == selected and not info.refused


def _selected(context: Context) -> str | None:
    """Name the backend that a command would use now; None where the settings name an impossible one."""
    try:
        return context.choice.name
    except PyvaultError as problem:
        output.report(problem)
        return None


def backends_info(
    context: Context,
    name: Annotated[str, Argument(help="the backend", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Load the backend in a child process, for 2 s at most, and ask it whether it works here."""
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

        output.data(dumps({"v": 1, **facts}, indent=2) + "\n")
    else:
        origin = f"{accepted.distribution} {accepted.version}" if accepted else None
        # The failure is the reason once more.
        shown_facts = facts | {"accepted_from": origin, "accepted_version": None, "failure": None}
        for key, value in shown_facts.items():
            if value is not None:
                output.out(f"{key.replace('_', ' ')}: {_shown(value)}")
    if report.failure is not None:
        raise BackendUnavailableError(f"the backend {name!r} is broken")


def _shown(value: str | bool) -> str:
    return value if isinstance(value, str) else ("yes" if value else "no")
