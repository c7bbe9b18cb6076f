"""One state of an object, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import TruncatedVaultError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.vaultfile.state.remembering import Memory
    from pyvault.vaultfile.state.trust_store import TrustStore


class ObjectContent:
    """The bytes and the ETag of one state.

    Attributes:
        kept: there is a copy of it on this machine.
        offline: it is that copy, and the bucket was not reached to say whether it is still the present state.
    """

    def __init__(
        self,
        name: str,
        body: bytes,
        *,
        tag: str = "",
        modified: float = 0.0,
        kept: bool = False,
        confirm: Callable[[ObjectContent, TrustStore | Memory, bytes], None] = lambda _content, _trust, _vault_id: None,
    ) -> None:
        """Hold a state.

        Args:
            name: for errors.
            body: all of it.
            tag: its ETag.
            modified: epoch seconds.
            kept: see above.
            confirm: called when it has passed all checks, with the memory of vaults and the vault's id.
        """
        self._name = name
        self._confirm = confirm
        self.body = body
        self.tag = tag
        self.modified = modified
        self.kept = kept
        self.offline = False

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
        """Take note that this state passed all checks."""
        self._confirm(self, trust, vault_id)

    def close(self) -> None:
        """Do nothing: it is in memory."""
