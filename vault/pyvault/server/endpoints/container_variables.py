"""What leads a program to a container endpoint: an address and a token, in variables.

A warm command loads this: no import that it can do without.
Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
"""

import os

from pyvault.server.http.listener import LOOPBACK, format_address

URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105 - the same
TOKEN_BYTES = 32


def new_token_text() -> str:
    """Return a new token: 256 bits in hex, which needs no quoting in a header."""
    return os.urandom(TOKEN_BYTES).hex()


def endpoint_url(address: str, port: int) -> str:
    """Return the URL for programs of this machine, with a slash at the end."""
    # Nobody can connect to a wildcard address; it includes loopback.
    reachable = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(address, address)  # noqa: S104 - from the user
    return f"http://{format_address(reachable, port)}/"
