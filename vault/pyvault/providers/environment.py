"""``credential_source = Environment``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import NoCredentialsError
from pyvault.model import Credentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping


def from_environment(environ: Mapping[str, str]) -> Credentials:
    """Take the keys that stand in the environment; AWS_ACCOUNT_ID may have been left there by others.

    Raises:
        NoCredentialsError: one of the two variables is missing or empty.
    """
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        if not environ.get(name):
            raise NoCredentialsError(f"credential_source is 'Environment', and {name!r} is not set")
    token = environ.get("AWS_SESSION_TOKEN")
    return Credentials(
        access_key_id=environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=Secret(environ["AWS_SECRET_ACCESS_KEY"]),
        session_token=Secret(token) if token else None,
    )
