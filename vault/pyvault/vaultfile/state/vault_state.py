"""One state of a vault as it was seen: its identity, its places, and what came before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.vaultfile.format.header import Header

ACCEPT_HINT = "if you put it there yourself, accept it with pyvault vault accept"
MAX_TRUST_FILE = 4 << 20  # bytes


class VaultState(Record):
    """One vault as it was seen.

    Attributes:
        path: absolute, as text; where this state was seen.
        fingerprint: 16 bytes that name the data key.
        places: every path where this vault was seen; see :mod:`pyvault.vaultfile.state.places`.
        last_write: the last write from this state directory: generation and txid.
        verified: when the server of a place last said that this is the present state, in epoch seconds.
        unproven: the generation seen before, if it isn't proven that this state was made from it.
        external: the slot of type 7 that opened it last, and an id of its wrapping key.
    """

    vault_id: bytes
    path: str
    fingerprint: bytes
    epoch: int
    generation: int
    txid: bytes
    places: tuple[str, ...] = ()
    last_write: tuple[int, bytes] | None = None
    unproven: int | None = None
    verified: Mapping[str, int] = field(default_factory=dict[str, int])
    external: tuple[bytes, bytes] | None = None

    def __post_init__(self) -> None:
        """Make sure that *places* has at least *path*."""
        if not self.places:
            object.__setattr__(self, "places", (self.path,))

    @classmethod
    def of(
        cls,
        path: str,
        header: Header,
        fingerprint: bytes,
        *,
        last_write: tuple[int, bytes] | None = None,
        external: tuple[bytes, bytes] | None = None,
    ) -> VaultState:
        """Return the state with this verified header."""
        return cls(
            vault_id=header.vault_id,
            path=path,
            fingerprint=fingerprint,
            epoch=header.key_epoch,
            generation=header.generation,
            txid=header.txid,
            last_write=last_write,
            external=external,
        )

    @property
    def step(self) -> tuple[int, bytes]:
        """The identity of the state."""
        return (self.generation, self.txid)

    def is_newer_than(self, other: VaultState) -> bool:
        """Return whether (epoch, generation) is higher."""
        return (self.epoch, self.generation) > (other.epoch, other.generation)
