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
from typing import Protocol, cast


class _Written(Protocol):
    """What the file of a shell holds."""

    FUNCTIONS: str
    COMPLETION: str

    def script(self, functions: str, completion: str) -> str: ...


class Shell(StrEnum):
    """The shells we write for."""

    SH = "sh"
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def functions(shell: Shell) -> str:
    """Return the definitions of pv-assume and pv-unset."""
    return _module(shell).FUNCTIONS


def completion(shell: Shell) -> str:
    """Return the completion script."""
    return _module(shell).COMPLETION


def script(shell: Shell, *, completions: bool) -> str:
    """Return all that the shell evaluates."""
    return _module(shell).script(functions(shell), completion(shell) if completions else "")


def _module(shell: Shell) -> _Written:
    return cast("_Written", import_module(f"pyvault_cli.shells.{shell}"))
