"""SEAL and OPEN: the one way in which pyvault encrypts, and its key derivation.

A box is sealed with a key and a *context*: what the box is bound to, such as its vault,
name and revision. Every box has a fresh key and commits to it, so callers need not
worry about repeated nonces or partitioning oracles.

Source: C2SP chunked-encryption, the instance Cobblestone-256.
"""

from __future__ import annotations

from pyvault.secret import Secret

KEY_SIZE = 32
SALT_SIZE = 24
COMMITMENT_SIZE = 32
CHUNK_SIZE = 16384
TAG_SIZE = 16
LENGTH_SIZE = 4


class BrokenSealError(Exception):
    """A box can't be opened: another key, another context, or modified bytes.

    Which of them it was can't be told apart, and must not be. Callers turn it into an
    error that names the part and the file.
    """


def seal(key: Secret[bytes], context: bytes, plain: Secret[bytes]) -> bytes:
    """Return *plain* encrypted, so that only *key* and *context* together open it.

    Args:
        key: 32 bytes.
        context: what the box is bound to; not secret, not stored in the box.
        plain: at most a few MiB, because it is held in memory.
    """
    from cryptography.cobblestone import Cobblestone256Encryptor

    sealer = Cobblestone256Encryptor(key.reveal(), context)
    return sealer.update(plain.reveal()) + sealer.finalize()


def open_box(key: Secret[bytes], context: bytes, box: bytes) -> Secret[bytes]:
    """Return the decrypted content of a box.

    Raises:
        BrokenSealError: it can't be opened with this key and context.
    """
    from cryptography.cobblestone import Cobblestone256Decryptor
    from cryptography.exceptions import InvalidTag

    opener = Cobblestone256Decryptor(key.reveal(), context)
    try:
        # No chunk is used before the last one has been verified.
        return Secret(opener.update(box) + opener.finalize())
    except InvalidTag:
        raise BrokenSealError from None


def sealed_size(plain_size: int) -> int:
    """Return the size of the box of *plain_size* bytes."""
    chunks = plain_size // CHUNK_SIZE + 1  # the last one is shorter than a chunk, and may be empty
    return SALT_SIZE + COMMITMENT_SIZE + plain_size + chunks * TAG_SIZE


def expand(key: Secret[bytes], info: bytes, size: int) -> Secret[bytes]:
    """Return *size* bytes for the purpose *info*, derived from a uniformly random key.

    Source: RFC 5869, section 2.3 (HKDF-Expand), with SHA-512.
    """
    from cryptography.hazmat.primitives.hashes import SHA512
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    return Secret(HKDFExpand(SHA512(), size, info).derive(key.reveal()))


def pad(plain: Secret[bytes], multiple: int) -> Secret[bytes]:
    """Return ``be32(len) || plain || zeros`` up to a multiple, which hides the exact length."""
    framed = LENGTH_SIZE + len(plain)
    filled = -(-framed // multiple) * multiple
    return Secret(len(plain).to_bytes(LENGTH_SIZE, "big") + plain.reveal() + bytes(filled - framed))


def unpad(padded: Secret[bytes], multiple: int) -> Secret[bytes]:
    """Return what :func:`pad` padded.

    The zeros are checked, so that each content has exactly one padded form.

    Raises:
        BrokenSealError: not the form that :func:`pad` returns.
    """
    size = int.from_bytes(padded.reveal()[:LENGTH_SIZE], "big")
    end = LENGTH_SIZE + size
    if len(padded) != -(-end // multiple) * multiple or any(padded.reveal()[end:]):
        raise BrokenSealError
    return Secret(padded.reveal()[LENGTH_SIZE:end])
