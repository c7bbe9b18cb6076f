"""What pyvault gives to a shell: functions and completions, one file a shell.

``{program}`` is how the shell calls pyvault. The functions change the current
shell's environment, which no program can do from outside; the completions ask
``pyvault complete``, which reads the config file and unlocks nothing. Where the
command of ``exec`` begins, with or without ``--``, it says so, and the shell
completes that line as its own.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module


class Shell(StrEnum):
    """The shells we write for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def functions(shell: Shell) -> str:
    """Give the definitions of pv-assume and pv-unset."""
    text: str = import_module(f"pyvault_cli.shells.{shell}").FUNCTIONS
    return text


def completion(shell: Shell) -> str:
    """Give the completion script."""
    text: str = import_module(f"pyvault_cli.shells.{shell}").COMPLETION
    return text
