"""The man pages below docs/man, made from what ``--help`` says and from the table of variables: ``make pages``.

One for the program, and one for each command or group of commands. Source: man-pages(7), man(7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from docs.command_tree import CommandHelp, Row, groups
from docs.settings_tables import VARIABLES
from pyvault_cli.commandline import exit_codes
from pyvault_cli.commandline.command_table import COMMANDS, GLOBAL_HELP

SUMMARY = "keep AWS credentials in a safe store and give programs short-lived ones"
DESCRIPTION = """\
pyvault stores access keys in an encrypted file, or in the store of the desktop, and runs programs with
temporary credentials that it gets with them. It reads the AWS config file as the AWS CLI does."""
LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def pages() -> dict[str, str]:
    """Return the text of every page by its file's name."""
    found = {"pyvault.1": _program()}
    for word, commands in groups().items():
        found[f"pyvault-{word}.1"] = _group(word, commands)
    return found


def _program() -> str:
    lines = _head("pyvault", SUMMARY)
    lines += [".SH SYNOPSIS", r"\fBpyvault\fP \fICOMMAND\fP [\fIOPTIONS\fP] [\-\-] [\fIWORDS\fP...]"]
    lines += [".SH DESCRIPTION", _text(DESCRIPTION), ".SH COMMANDS"]
    for word, commands in groups().items():
        for each in commands:
            lines += _item(each.name, f"{each.text[0]} See pyvault-{word}(1).")
    lines += [".SH OPTIONS", "Before or after the command.", *_items(GLOBAL_HELP)]
    lines += [".SH ENVIRONMENT"]
    for title, variables in VARIABLES.items():
        lines += [f".SS {_text(title)}", *_items((name, _plain(text)) for name, text in variables.items())]
    lines += [".SH EXIT STATUS", *_items(_exit_codes()), *_see_also([*groups()])]
    return "\n".join(lines) + "\n"


def _group(word: str, commands: list[CommandHelp]) -> str:
    alone = [each.name for each in commands] == [word]
    summary = COMMANDS[word][1] if alone else ", ".join(each.name.partition(" ")[2] for each in commands)
    lines = [*_head(f"pyvault-{word}", summary), ".SH SYNOPSIS"]
    for each in commands:
        lines += [rf"\fBpyvault {_text(each.name)}\fP {_text(each.usage)}", ".br"]
    lines.pop()
    lines.append(".SH DESCRIPTION" if alone else ".SH COMMANDS")
    for each in commands:
        lines += _command(each, alone=alone)
    lines += [".SH ENVIRONMENT AND EXIT STATUS", "The options of all commands, the variables and the exit codes are in"]
    lines += [".BR pyvault (1)."]
    return "\n".join(lines) + "\n"


def _command(command: CommandHelp, *, alone: bool) -> list[str]:
    lines = [] if alone else [f".SS {_text(command.name)}"]
    for number, text in enumerate(command.text):
        lines += [*([".PP"] if number else []), _text(" ".join(text.split()))]
    if command.aliases:
        lines += [".PP", f"Also: {', '.join(command.aliases)}."]
    if alone:
        lines.append(".SH OPTIONS")
    return [*lines, *_items([*command.arguments, *command.options])]


def _head(name: str, summary: str) -> list[str]:
    return [f'.TH "{name.upper()}" 1 "" "pyvault" "pyvault"', ".SH NAME", rf"{_text(name)} \- {_text(summary)}"]


def _see_also(words: Iterable[str]) -> list[str]:
    named = [f".BR pyvault\\-{_text(word)} (1)" for word in sorted(words)]
    return [".SH SEE ALSO", *(f"{each}," for each in named[:-1]), named[-1]]


def _exit_codes() -> list[Row]:
    """Return the rows of the table in the docstring of the exit codes."""
    rows = [line.split(None, 1) for line in (exit_codes.__doc__ or "").partition("\n====")[2].splitlines()[1:]]
    return [_codes(line) for line in rows if len(line) == 2 and not line[0].startswith("=")]


def _codes(words: list[str]) -> Row:
    first, text = words
    while first.endswith(","):  # 126, 127
        second, text = text.split(None, 1)
        first = f"{first} {second}"
    return first, text.replace("`", "")


def _items(rows: Iterable[Row]) -> list[str]:
    return [line for name, text in rows for line in _item(name, text)]


def _item(name: str, text: str) -> list[str]:
    return [".TP", rf"\fB{_text(name)}\fP", _text(re.sub(r" {2,}", " ", text))]


def _plain(markdown: str) -> str:
    return LINK.sub(r"\1", markdown).replace("`", "")


def _text(plain: str) -> str:
    """Return plain text as roff takes it: hyphens as they are typed, no line that begins like a request."""
    escaped = plain.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    return re.sub(r"^(?=\.)", r"\\&", escaped, flags=re.MULTILINE)
