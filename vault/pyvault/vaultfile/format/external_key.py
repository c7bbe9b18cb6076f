"""Parameters of slots of type 7: a provider that keeps no key, but opens one for who is allowed to.

Provider 1 is AWS KMS. The wrapping key is 32 random bytes, encrypted by a KMS key with
the vault's and the slot's id as encryption context.

Source: docs/vault-format.md, section 4, type 7.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from pyvault.record import Record
from pyvault.sealing import expand

if TYPE_CHECKING:
    from pyvault.secret import Secret

AWS_KMS = 1
MAX_REFERENCE = 2048  # characters. Source: AWS KMS API Reference, Decrypt, KeyId
MAX_CIPHERTEXT = 6144  # bytes. Source: the same, CiphertextBlob
KEK_ID_SIZE = 16
LENGTH = struct.Struct(">H")

#: A key itself and no alias, which can be pointed at another key.
#: Source: Service Authorization Reference, "Resource types defined by AWS Key Management Service".
KMS_KEY = re.compile(r"arn:(aws[a-z-]*):kms:([a-z0-9-]+):([0-9]{12}):key/([A-Za-z0-9-]+)")


class ExternalKey(Record):
    """What a slot of type 7 holds.

    Attributes:
        reference: the ARN of a KMS key; an address that a file names, and no more.
        ciphertext: the wrapping key, encrypted by that key.
    """

    reference: str
    ciphertext: bytes

    def encode(self) -> bytes:
        """Return the slot's params."""
        reference = self.reference.encode()
        lengths = LENGTH.pack(len(reference)), LENGTH.pack(len(self.ciphertext))
        return bytes([AWS_KMS]) + lengths[0] + reference + lengths[1] + self.ciphertext


def parse_external(params: bytes) -> ExternalKey | None:
    """Return what params of a slot of type 7 hold; None if this version does not know them."""
    provider, rest = params[:1], params[1:]
    reference, rest = _counted(rest)
    ciphertext, rest = _counted(rest)
    if provider != bytes([AWS_KMS]) or rest or not reference or not ciphertext:
        return None
    if len(reference) > MAX_REFERENCE or len(ciphertext) > MAX_CIPHERTEXT or not reference.isascii():
        return None
    text = reference.decode()
    return ExternalKey(reference=text, ciphertext=ciphertext) if KMS_KEY.fullmatch(text) else None


def kek_id(kek: Secret[bytes], vault_id: bytes) -> bytes:
    """Return 16 public bytes that name a wrapping key."""
    return expand(kek, b"pyvault/v1/kek-id\0" + vault_id, KEK_ID_SIZE).reveal()


def _counted(content: bytes) -> tuple[bytes, bytes]:
    """Return the bytes after a length and what follows them; none where it is cut short."""
    size = int.from_bytes(content[: LENGTH.size], "big")
    end = LENGTH.size + size
    return (content[LENGTH.size : end], content[end:]) if len(content) >= end else (b"", b"")
