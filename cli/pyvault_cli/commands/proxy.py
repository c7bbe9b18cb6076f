"""``pyvault proxy`` (hidden): own the metadata address, as root, for ``exec --ec2-server``."""

from __future__ import annotations

import typer

from pyvault.server.metadata_address.address_owner import own_address

STDIN = 0  # the one descriptor that sudo passes on


def proxy() -> None:
    """Own the metadata address until the other end of stdin, a local socket, is closed."""
    raise typer.Exit(own_address(STDIN))
