"""How a vault is opened and written; every field defaults to the ordinary value."""

from __future__ import annotations

from pyvault.clock import Clock, now
from pyvault.files.file_checks import FileChecks
from pyvault.record import Record, field
from pyvault.vaultfile.format.kdf import KdfLimits, KeyDerivation, argon2id

LOCK_SECONDS = 30.0


class VaultOptions(Record):
    """How a vault is opened and written.

    Attributes:
        durable: wait for the disk and keep backups; False for a session vault,
            which can be lost without losing anything that a user typed in.
        checks: of the file's owner and permission bits.
        limits: what the file may ask of this machine.
        derive: Argon2id, or a caching one for many openings in one process.
        clock: for the times of entries.
        lock_timeout: seconds to wait for another writer.
        expect_vault_id: the only vault to accept, for machines without state.
        expect_fingerprints: the only data keys to accept, for the same; empty accepts any.
        min_generation: the oldest generation to accept, for the same.
        vouched: the user accepts the state in place, whatever opens it.
        one_command: what was opened a moment ago serves every reading, and not just the first of each kind.
        slot: the only slot to try, see :class:`~pyvault.vaultfile.unlock.key_sources.Unlocking`.
        weak_kdf_for_tests: allow new slots below the floor. No setting reaches it.
    """

    durable: bool = True
    checks: FileChecks = field(default_factory=FileChecks)
    limits: KdfLimits = field(default_factory=KdfLimits)
    derive: KeyDerivation = argon2id
    clock: Clock = now
    lock_timeout: float = LOCK_SECONDS
    expect_vault_id: bytes | None = None
    expect_fingerprints: frozenset[bytes] = frozenset()
    min_generation: int | None = None
    vouched: bool = False
    one_command: bool = False
    slot: str | None = None
    weak_kdf_for_tests: bool = False

    @property
    def expects_a_vault(self) -> bool:
        """Whether anything is expected of the vault."""
        return self.expect_vault_id is not None or bool(self.expect_fingerprints) or self.min_generation is not None
