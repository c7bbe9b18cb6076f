"""docs/commands.md, made from what ``--help`` says: ``make pages``."""

from __future__ import annotations

import re

from docs.command_tree import CommandHelp, Row, commands
from pyvault_cli.commandline.command_table import GLOBAL_HELP

HEAD = """\
# Commands

What `pyvault --help` and `pyvault COMMAND --help` say, on one page. The same stands in the man pages: `man pyvault`, `man pyvault-exec`.

Words in capitals stand for yours; `[...]` may be left out. What stands behind `--` belongs to the command that `exec` runs. Each command shows its own help with `-h` or `--help`.
"""
HELP = "-h, --help"  # of every command
GLOBAL = """\
## Options of all commands

Before or after the command, in any order.
"""
VARIABLE = re.compile(r"\b((?:AWS|PYVAULT)_[A-Z_]+(?:=\d)?)(?![\w\\])")
META = re.compile(r"([*_\[\]`])")


def page() -> str:
    """Return the whole page."""
    every = commands()
    index = ["| command | |", "|---|---|"]
    index += [f"| [`{each.name}`](#{each.name.replace(' ', '-')}) | {_prose(_first(each))} |" for each in every]
    parts = [HEAD, "\n".join(index) + "\n", GLOBAL, _list(GLOBAL_HELP), *map(_section, every)]
    return "\n".join(parts)


def _section(command: CommandHelp) -> str:
    parts = [f"## {command.name}\n", *(f"{_prose(' '.join(text.split()))}\n" for text in command.text)]
    parts.append(f"```text\npyvault {command.name} {command.usage}\n```\n")
    if command.aliases:
        parts.append(f"Also: {', '.join(f'`pyvault {alias}`' for alias in command.aliases)}.\n")
    rows = (*command.arguments, *(row for row in command.options if row[0] != HELP))
    return "\n".join([*parts, *([_list(rows)] if rows else [])])


def _first(command: CommandHelp) -> str:
    return command.text[0].rstrip(".")


def _list(rows: tuple[Row, ...]) -> str:
    return "\n".join(f"* `{name}`: {_prose(text)}" for name, text in rows) + "\n"


def _prose(text: str) -> str:
    """Return plain text as Markdown: names of variables are code, the notes that the parser adds stand in brackets."""
    text = META.sub(r"\\\1", text)
    text = re.sub(r" +\\\[env var: (\S+)\\\]", r" (also \1)", text).replace("\\_", "_")
    text = re.sub(r" +\\\[(required|default: [^\]]*)\\\]$", r" (\1)", text)
    text = re.sub(r" +\\\[(\S*<\S*)\\\]$", r" (`\1`)", text)  # bounds of a number
    return VARIABLE.sub(r"`\1`", text)
