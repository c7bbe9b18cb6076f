"""``pyvault backends new``: write a plug-in distribution that works as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyvault_cli import console


def backends_new(
    name: Annotated[str, typer.Argument(help="what the backend shall be called", show_default=False)],
    directory: Annotated[Path, typer.Argument(help="a new directory", show_default=False)],
) -> None:
    """Write a plug-in of one file that provides the backend NAME, with its contract test."""
    from pyvault.testing.scaffold import write_plugin

    for path in write_plugin(name, directory):
        console.out(str(path))
    console.note(f"Next: cd '{directory}', python -m pip install -e '.[test]', python -m pytest")
