"""One record: a payload sealed on its own; and the working keys, derived from the data key."""

from __future__ import annotations

import hmac

from pyvault.record import Record
from pyvault.sealing import KEY_SIZE, LENGTH_SIZE, expand, open_box, pad, seal, sealed_size, unpad
from pyvault.secret import Secret

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
        BrokenSealError: another record or revision, or modified bytes.
    """
    return unpad(open_box(keys.record, _context(vault_id, record_id, revision), box), PADDING)


def _context(vault_id: bytes, record_id: bytes, revision: int) -> bytes:
    return CONTEXT + vault_id + record_id + revision.to_bytes(8, "big")


FINGERPRINT_SIZE = 16
CHILD_CONTEXT = b"pyvault/v1/child\0"


class Keys(Record):
    """The keys of one vault and epoch.

    Attributes:
        fingerprint: 16 public bytes that name the data key.
    """

    data: Secret[bytes]
    header: Secret[bytes]
    index: Secret[bytes]
    record: Secret[bytes]
    fingerprint: bytes

    def mac(self, header: bytes) -> bytes:
        """Return the HMAC-SHA-256 over the header's bytes."""
        return hmac.digest(self.header.reveal(), header, "sha256")

    def verifies(self, header: bytes, mac: bytes) -> bool:
        """Return whether *mac* belongs to *header*, in constant time."""
        return hmac.compare_digest(self.mac(header), mac)

    def child(self, child_id: bytes) -> Secret[bytes]:
        """Return the wrapping key of a child vault."""
        return expand(self.data, CHILD_CONTEXT + child_id, KEY_SIZE)


def new_data_key() -> Secret[bytes]:
    """Return a new random data key."""
    import secrets

    return Secret(secrets.token_bytes(KEY_SIZE))


def derive_keys(data_key: Secret[bytes], vault_id: bytes) -> Keys:
    """Return the working keys of a vault, derived from its 32-byte data key."""

    def derive(purpose: bytes, size: int = KEY_SIZE) -> Secret[bytes]:
        return expand(data_key, b"pyvault/v1/" + purpose + b"\0" + vault_id, size)

    return Keys(
        data=data_key,
        header=derive(b"header"),
        index=derive(b"index"),
        record=derive(b"record"),
        fingerprint=derive(b"fingerprint", FINGERPRINT_SIZE).reveal(),
    )
