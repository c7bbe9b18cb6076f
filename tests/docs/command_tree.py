"""What the help of every command says, in parts: for docs/commands.md and the man pages."""

from __future__ import annotations

from dataclasses import dataclass

from pyvault_cli.commandline.command_table import ALIASES, COMMANDS, HIDDEN
from pyvault_cli.commandline.parameters import load_command
from pyvault_cli.commandline.typer_parser import build

Row = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHelp:
    """The help of one command.

    Attributes:
        name: ``vault slot add``.
        aliases: other names of it.
        usage: behind the program's name.
        text: paragraphs.
        arguments, options: a name as the help shows it, and what it says of it.
    """

    name: str
    aliases: tuple[str, ...]
    usage: str
    text: tuple[str, ...]
    arguments: tuple[Row, ...]
    options: tuple[Row, ...]


def commands() -> list[CommandHelp]:
    """Return the help of every command that the program's own help lists, in its order."""
    return [_help_of(name) for name in COMMANDS if name not in HIDDEN]


def groups() -> dict[str, list[CommandHelp]]:
    """Return the commands by their first word."""
    found: dict[str, list[CommandHelp]] = {}
    for command in commands():
        found.setdefault(command.name.partition(" ")[0], []).append(command)
    return found


def _help_of(name: str) -> CommandHelp:
    parser = build(load_command(name))
    context = parser.make_context(f"pyvault {name}", [], resilient_parsing=True)
    rows: dict[str, list[Row]] = {"argument": [], "option": []}
    for each in parser.get_params(context):
        if (row := each.get_help_record(context)) is not None:  # None of a hidden one
            rows[each.param_type_name].append((row[0], row[1]))
    return CommandHelp(
        name=name,
        aliases=tuple(alias for alias, meant in ALIASES.items() if meant == name),
        usage=" ".join(parser.collect_usage_pieces(context)),
        text=tuple((parser.help or "").split("\n\n")),
        arguments=tuple(rows["argument"]),
        options=tuple(rows["option"]),
    )
