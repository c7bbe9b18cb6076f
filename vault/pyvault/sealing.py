"""SEAL and OPEN: the one way pyvault encrypts, and the keys under it.

A box is made under a key and a *context*; whatever a box must be bound to (its
vault, its name, its revision) goes into the context. Every box has a fresh key
of its own and commits to it, so neither repeated nonces nor partitioning
oracles are a worry of the callers.

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
    """A box does not open: another key, another context, or modified bytes.

    Which of them it was can't be told, and must not be. It never leaves the
    core; callers say which part of which file it was.
    """


def seal(key: Secret[bytes], context: bytes, plain: Secret[bytes]) -> bytes:
    """Encrypt *plain* so that only *key* and *context* together open it.

    Args:
        key: 32 bytes.
        context: what the box is bound to; not secret, not stored in the box.
        plain: at most some MiB, it stays in memory.
    """
    from cryptography.cobblestone import Cobblestone256Encryptor

    sealer = Cobblestone256Encryptor(key.reveal(), context)
    return sealer.update(plain.reveal()) + sealer.finalize()


def open_box(key: Secret[bytes], context: bytes, box: bytes) -> Secret[bytes]:
    """Decrypt a box, all of it or nothing.

    Raises:
        BrokenSealError: it does not open with this key and context.
    """
    from cryptography.cobblestone import Cobblestone256Decryptor
    from cryptography.exceptions import InvalidTag

    opener = Cobblestone256Decryptor(key.reveal(), context)
    try:
        # Nothing of the first chunks is used before the last one has verified.
        return Secret(opener.update(box) + opener.finalize())
    except InvalidTag:
        raise BrokenSealError from None


def sealed_size(plain_size: int) -> int:
    """Say how many bytes the box of *plain_size* bytes has."""
    chunks = plain_size // CHUNK_SIZE + 1  # the last one is shorter than a chunk, and may be empty
    return SALT_SIZE + COMMITMENT_SIZE + plain_size + chunks * TAG_SIZE


def expand(key: Secret[bytes], info: bytes, size: int) -> Secret[bytes]:
    """Derive *size* bytes for the purpose *info* from a uniformly random key.

    Source: RFC 5869, section 2.3 (HKDF-Expand), with SHA-512.
    """
    from cryptography.hazmat.primitives.hashes import SHA512
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    return Secret(HKDFExpand(SHA512(), size, info).derive(key.reveal()))


def pad(plain: Secret[bytes], multiple: int) -> Secret[bytes]:
    """Hide the exact length: ``be32(len) || plain || zeros`` up to a multiple."""
    framed = LENGTH_SIZE + len(plain)
    filled = -(-framed // multiple) * multiple
    return Secret(len(plain).to_bytes(LENGTH_SIZE, "big") + plain.reveal() + bytes(filled - framed))


def unpad(padded: Secret[bytes], multiple: int) -> Secret[bytes]:
    """Undo :func:`pad`.

    The zeros are checked, so that one content has one padded form.

    Raises:
        BrokenSealError: not the form that :func:`pad` makes.
    """
    size = int.from_bytes(padded.reveal()[:LENGTH_SIZE], "big")
    end = LENGTH_SIZE + size
    if len(padded) != -(-end // multiple) * multiple or any(padded.reveal()[end:]):
        raise BrokenSealError
    return Secret(padded.reveal()[LENGTH_SIZE:end])
