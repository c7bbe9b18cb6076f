"""What a write remembers of the vault: the trust file is locked before the write, so that none goes unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import LockTimeoutError, PyvaultError
from pyvault.record import Record
from pyvault.thread_locks import holding

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyvault.vaultfile.state.trust_store import TrustStore
    from pyvault.vaultfile.state.vault_state import VaultState


class Memory(Record):
    """The trust file for the length of a write.

    Attributes:
        trust: the file.
        writer: the id of the state directory; None if it has none and can't keep one.
        locked: whether its lock is held; False where it can't be written.
    """

    trust: TrustStore
    writer: bytes | None
    locked: bool

    def record(self, seen: VaultState, *, accepted: bool = False) -> None:
        """Remember a state that was written; see :meth:`TrustStore.record`."""
        self.trust.record(seen, accepted=accepted, locked=self.locked)

    def note_verified(self, vault_id: bytes, place: str, moment: int, grain: float) -> None:
        """Note what the server of a place said; see :meth:`TrustStore.note_verified`."""
        self.trust.note_verified(vault_id, place, moment, grain, locked=self.locked)


def writer_of(memory: Memory | None) -> bytes | None:
    """Return the id of the state directory that writes, if there is one."""
    return None if memory is None else memory.writer


@holding
def remembering(trust: TrustStore | None, *, timeout: float) -> Generator[Memory | None]:
    """Hold the lock of the trust file, for a write inside.

    A state directory that can't be written stops no write: :meth:`TrustStore.record` warns.

    Args:
        trust: None for a session vault, which nobody remembers.
        timeout: seconds to wait for others.

    Raises:
        LockTimeoutError: another process kept the lock; nothing is written yet.
    """
    if trust is None:
        yield None
        return
    locked = False
    try:
        trust.make_directory()
        with trust.lock(timeout):  # without a name, by which a traceback could keep it
            locked = True
            yield Memory(trust=trust, writer=trust.make_writer(), locked=True)
            return
    except LockTimeoutError:
        raise
    except PyvaultError:
        if locked:
            raise
    yield Memory(trust=trust, writer=trust.writer(), locked=False)
