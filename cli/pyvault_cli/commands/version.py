"""``pyvault version``."""

from __future__ import annotations

from pyvault.version import __version__
from pyvault_cli.context import Context
from pyvault_cli.terminal import output


def version(_: Context) -> None:
    """Print the version."""
    output.out(f"pyvault {__version__}")
