"""One record: a payload sealed on its own, bound to its vault, id and revision.

Source: docs/vault-format.md, section 4, "RECORD box".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.sealing import LENGTH_SIZE, open_box, pad, seal, sealed_size, unpad

if TYPE_CHECKING:
    from pyvault.secret import Secret
    from pyvault.vaultfile.keys import Keys

CONTEXT = b"pyvault/v1/record\0"
PADDING = 1024  # bytes; hides which kind of credentials a record holds
MAX_PAYLOAD = 1 << 20  # bytes
RECORD_ID_SIZE = 16
MIN_BOX = sealed_size(PADDING)
MAX_BOX = sealed_size(-(-(LENGTH_SIZE + MAX_PAYLOAD) // PADDING) * PADDING)


def seal_record(keys: Keys, vault_id: bytes, record_id: bytes, revision: int, payload: Secret[bytes]) -> bytes:
    """Seal a payload of at most 1 MiB."""
    return seal(keys.record, _context(vault_id, record_id, revision), pad(payload, PADDING))


def open_record(keys: Keys, vault_id: bytes, record_id: bytes, revision: int, box: bytes) -> Secret[bytes]:
    """Open a record.

    Raises:
        BrokenSealError: another record, another revision, or modified bytes.
    """
    return unpad(open_box(keys.record, _context(vault_id, record_id, revision), box), PADDING)


def _context(vault_id: bytes, record_id: bytes, revision: int) -> bytes:
    return CONTEXT + vault_id + record_id + revision.to_bytes(8, "big")
