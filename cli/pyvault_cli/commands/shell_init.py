"""``pyvault shell-init SHELL``: for the shell's start file."""

from __future__ import annotations

from typing import Annotated

from pyvault_cli.commandline.parameters import Argument, Option
from pyvault_cli.context import Context
from pyvault_cli.shells import Shell, script
from pyvault_cli.terminal import output


def shell_init(
    _: Context,
    shell: Annotated[Shell, Argument(help="The shell that reads the output.")],
    completions: Annotated[bool, Option("--completions/--no-completions", help="Completions too.")] = True,
) -> None:
    """Print what the shell evaluates: ``eval "$(pyvault shell-init bash)"``.

    pv-assume PROFILE puts temporary credentials into the current shell, pv-unset
    takes them out again; scripts in sh call them pv_assume and pv_unset.
    """
    output.data(script(shell, completions=completions))
