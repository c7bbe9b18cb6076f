"""What somebody may have meant by a word that we do not know. Imported when one was met."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from typer import TyperException


def meant(word: str, known: Collection[str]) -> str:
    """Ask for the known word that is nearest, as the beginning of a hint; empty if none is near."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.7)
    return f"did you mean '{near[0]}'? " if near else ""


def command_meant(path: str, menu: Collection[str]) -> str:
    """Ask for the command that is nearest among those of the same group."""
    from pyvault_cli.menu import HIDDEN

    group, _, _ = path.rpartition(" ")
    prefix = f"{group} " if group else ""
    siblings = {
        prefix + known.removeprefix(prefix).split()[0]
        for known in menu
        if known.startswith(prefix) and known not in HIDDEN
    }
    return meant(path, siblings)


def option_meant(problem: TyperException, known: Collection[str]) -> str:
    """Ask for the global option that is nearest; the parser of a command knows its own ones only."""
    unknown: str | None = getattr(problem, "option_name", None)
    suggested: object = getattr(problem, "possibilities", True)  # of an unknown option alone, whose text has them
    return "" if unknown is None or suggested else meant(unknown, known)
