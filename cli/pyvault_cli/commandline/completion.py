"""What could stand where the cursor is. Pure: the caller brings the names.

A completion runs at every press of Tab, so it asks nobody anything: profile
names come from the config file, never from a vault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import UsageError
from pyvault_cli.commandline.arguments import split

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

#: Commands whose first word is a profile.
WITH_PROFILE = frozenset(
    {"add", "remove", "rm", "exec", "export", "clear", "login", "rotate", "explain", "server"}
    | {"sso login", "login-session", "logout-session"}
)
FIXED_VALUES: Mapping[str, tuple[str, ...]] = {
    "--format": ("env", "export-env", "fish", "powershell", "json", "ini", "dotenv"),
    "--kdf": ("min", "default", "high"),
}
#: Options that name a backend, and those of them that mean something else in one command.
BACKEND_OPTIONS = frozenset({"--backend", "--from", "--to"})
OWN_VALUES: Mapping[tuple[str, str], tuple[str, ...]] = {("vault export", "--to"): ("keyfile", "passphrase")}

#: Before the number of the word that begins the line of another command. No candidate has such a character.
CHILD = "\t"


def child_start(
    words: Sequence[str],
    *,
    menu: Collection[str],
    aliases: dict[str, str],
    valued: Callable[[str], Collection[str]],
) -> int | None:
    """Find the word that begins the command of ``exec``, if the cursor stands in that command.

    The words are taken apart as for a run, so that nothing completes as what it is not.

    Args:
        words: those after ``pyvault``, the last one as far as it is typed.
        menu: as for :func:`pyvault_cli.commandline.arguments.split`, like the others.
    """
    try:
        child = split(words, menu=menu, aliases=aliases, valued=valued).child_argv
    except UsageError:  # it isn't finished
        return None
    return len(words) - len(child) if child else None


def candidates(
    words: Sequence[str],
    *,
    commands: Collection[str],
    options: Callable[[str], Mapping[str, bool]],
    profiles: Callable[[], Sequence[str]],
    backends: Callable[[], Sequence[str]],
) -> list[str]:
    """List what fits.

    Args:
        words: those after ``pyvault``, the last one as far as it is typed.
        commands: the paths of all commands, ``vault slot add``.
        options: the options of a command, and whether each takes a value.
        profiles: the names of the config file.
        backends: the names of the backends.
    """
    *before, current = words or [""]
    previous = before[-1] if before else ""
    path, taken = _walk(before, commands)
    if previous in BACKEND_OPTIONS:
        return _fitting(current, OWN_VALUES.get((path, previous)) or backends())
    if path not in commands:
        return _fitting(current, _next_words(path, commands))
    known = options(path)
    if known.get(previous):  # other values only the user knows; the shell offers files
        return _fitting(current, FIXED_VALUES.get(previous, ()))
    if current.startswith("-"):
        return _fitting(current, sorted(known))
    if path in WITH_PROFILE and not _positionals(taken, known):
        return _fitting(current, profiles())
    return []


def _walk(before: Sequence[str], commands: Collection[str]) -> tuple[str, Sequence[str]]:
    """Find the command among the words, and what stands after it."""
    path = ""
    for position, word in enumerate(before):
        if word.startswith("-"):
            continue
        longer = f"{path} {word}".strip()
        if longer in commands:
            return longer, before[position + 1 :]
        if not any(command.startswith(f"{longer} ") for command in commands):
            continue  # the value of a global option
        path = longer
    return path, ()


def _next_words(path: str, commands: Collection[str]) -> list[str]:
    prefix = f"{path} " if path else ""
    return sorted({command[len(prefix) :].split()[0] for command in commands if command.startswith(prefix)})


def _positionals(taken: Sequence[str], known: Mapping[str, bool]) -> int:
    count, skip = 0, False
    for word in taken:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = bool(known.get(word))
        else:
            count += 1
    return count


def _fitting(current: str, words: Collection[str]) -> list[str]:
    # A newline would forge a second candidate; such names can't be typed anyway.
    return [word for word in words if word.startswith(current) and word.isprintable()]
