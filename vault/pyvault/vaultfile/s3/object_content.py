"""One state of an object, and whether it is the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.vaultfile.whole_content import WholeContent

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.vaultfile.state.remembering import Memory
    from pyvault.vaultfile.state.trust_store import TrustStore


class ObjectContent(WholeContent):
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
        super().__init__(name, body, modified=modified)
        self._confirm = confirm
        self.tag = tag
        self.kept = kept
        self.offline = False

    def confirm(self, trust: TrustStore | Memory, vault_id: bytes) -> None:
        """Take note that this state passed all checks."""
        self._confirm(self, trust, vault_id)
