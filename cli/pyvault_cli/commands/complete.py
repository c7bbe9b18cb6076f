"""``pyvault complete -- WORDS``: asked by the completion scripts at every Tab."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from pyvault.errors import PyvaultError
from pyvault_cli.commandline.completion import CHILD, candidates, child_start
from pyvault_cli.commandline.parameters import Argument, load_command
from pyvault_cli.context import Context
from pyvault_cli.terminal import output


def complete(
    context: Context,
    words: Annotated[list[str] | None, Argument(help="Those after 'pyvault', the last one unfinished.")] = None,
) -> None:
    """List what could stand at the cursor; opens no vault and asks nobody.

    In the command of ``exec`` that is the shell's matter: it gets a tab and the number of the word that begins it.
    """
    from pyvault_cli.commandline import command_table

    start = child_start(words or [""], menu=command_table.COMMANDS, aliases=command_table.ALIASES, valued=_valued)
    if start is not None:
        output.data(f"{CHILD}{start}\n")
        return
    found: list[str] = []
    with suppress(PyvaultError):  # a message inside a command line helps nobody; the command itself will tell
        found = candidates(
            words or [""],
            commands=[
                *(name for name in command_table.COMMANDS if name not in command_table.HIDDEN),
                *command_table.ALIASES,
            ],
            options=_options,
            profiles=context.aws_config.profiles,
            backends=_backends,
        )
    for line in found:
        output.out(line)


def _valued(path: str) -> set[str]:
    return load_command(path).valued()


def _options(path: str) -> dict[str, bool]:
    from pyvault_cli.commandline import command_table
    from pyvault_cli.commandline.arguments import SWITCHES, VALUED

    own = load_command(command_table.ALIASES.get(path, path)).options()
    return own | dict.fromkeys(VALUED, True) | dict.fromkeys(SWITCHES, False)


def _backends() -> list[str]:
    from pyvault.storage.registry import list_backends

    return [backend.name for backend in list_backends()]
