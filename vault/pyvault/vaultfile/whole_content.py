"""One state of a vault, in memory: of an object, or of a file that was closed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import TruncatedVaultError

if TYPE_CHECKING:
    from pyvault.vaultfile.state.remembering import Memory
    from pyvault.vaultfile.state.trust_store import TrustStore


class WholeContent:
    """The bytes of one state."""

    def __init__(self, name: str, body: bytes, *, modified: float = 0.0) -> None:
        """Hold a state.

        Args:
            name: for errors.
            body: all of it.
            modified: epoch seconds.
        """
        self._name = name
        self.body = body
        self.modified = modified

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.body)

    def read(self, offset: int, size: int) -> bytes:
        """Return exactly so many bytes."""
        part = self.body[offset : offset + size]
        if len(part) != size:
            raise TruncatedVaultError(f"'{self._name}' is truncated")
        return part

    def confirm(self, trust: TrustStore | Memory, vault_id: bytes) -> None:
        """Do nothing: where it came from is always at hand."""

    def close(self) -> None:
        """Do nothing: it is in memory."""
