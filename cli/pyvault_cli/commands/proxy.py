"""``pyvault proxy`` (hidden): own the metadata address, as root, for ``exec --ec2-server``."""

from __future__ import annotations

from pyvault.server.metadata_address.address_owner import own_address
from pyvault_cli.context import Context

STDIN = 0  # the one descriptor that sudo passes on


def proxy(_: Context) -> int:
    """Own the metadata address until the other end of stdin, a local socket, is closed."""
    return own_address(STDIN)
