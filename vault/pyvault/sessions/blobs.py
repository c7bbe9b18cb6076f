"""What others keep in the session file as bytes: SSO tokens, registrations, an answer on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from pyvault.names import Kind
    from pyvault.secret import Secret


class BlobStore(Protocol):
    """The part of the session vault that keeps bytes by kind and name."""

    def get_blob(self, kind: Kind, name: str) -> Secret[bytes]:
        """Give the bytes.

        Raises:
            ItemNotFoundError: there are none of this name.
        """
        ...

    def put_blob(self, kind: Kind, name: str, data: Secret[bytes], *, expires: datetime | None = None) -> None:
        """Keep or replace the bytes."""
        ...

    def delete_blob(self, kind: Kind, name: str) -> None:
        """Remove the bytes.

        Raises:
            ItemNotFoundError: there are none of this name.
        """
        ...
