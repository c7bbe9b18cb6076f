"""``pyvault version``."""

from __future__ import annotations

from pyvault.version import __version__
from pyvault_cli import console


def version() -> None:
    """Print the version."""
    console.out(f"pyvault {__version__}")
