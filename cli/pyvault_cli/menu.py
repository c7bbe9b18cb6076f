"""Which commands there are: the name, the module to import for it, and one line of help.

A table, so that ``--help`` imports no command and a command imports no other.
The module holds a function called like the module (``import_`` for ``import``);
Typer makes the parser from its signature.
"""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str]] = {
    "version": ("version", "print the version"),
}

ALIASES = {"ls": "list", "rm": "remove", "migrate-backend": "migrate"}

GLOBAL_HELP: tuple[tuple[str, str], ...] = (
    ("--backend NAME", "where credentials are kept; also PYVAULT_BACKEND"),
    ("--backend-option K=V", "an option of the backend; may be repeated"),
    ("--prompt NAME", "how MFA codes are asked for"),
    ("--passphrase-fd N", "read the passphrase from this file descriptor"),
    ("--new-passphrase-fd N", "read a new passphrase from this file descriptor"),
    ("--no-input", "never ask; fail with exit code 4 instead"),
    ("--config FILE", "pyvault's own config file; also PYVAULT_CONFIG"),
    ("--debug", "say on stderr what is done"),
    ("--version", "print the version"),
)


def help_text(group: str = "") -> str:
    """Write the help of the program, or of a group of commands."""
    prefix = f"{group} " if group else ""
    rows = [(name, text) for name, (_, text) in COMMANDS.items() if name.startswith(prefix)]
    lines = [f"Usage: pyvault {prefix}COMMAND [OPTIONS] [--] [WORDS...]", "", "Commands:"]
    lines += _columns(rows)
    lines += ["", "Options, before or after the command:", *_columns(GLOBAL_HELP)]
    lines += ["", "'pyvault COMMAND --help' tells the options of a command."]
    return "\n".join(lines) + "\n"


def _columns(rows: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> list[str]:
    width = max(len(name) for name, _ in rows)
    return [f"  {name:<{width}}  {text}" for name, text in rows]
