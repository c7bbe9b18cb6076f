"""Open the one form of JWE that aws-vault's files are in.

Compact serialisation, ``PBES2-HS256+A128KW`` for the key, ``A256GCM`` for the
content. Nothing else is accepted: no compression, no other algorithm, and no
more key derivation than a bound that is checked before any is done.

Source: RFC 7516, sections 3.1 and 5.2; RFC 7518, sections 4.8 and 5.3.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from pyvault.errors import ItemCorruptError, KdfLimitsError, WrongKeyError
from pyvault.record import Record
from pyvault.secret import Secret
from pyvault.storage.item_codec import parse_object

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "PBES2-HS256+A128KW"
ENCRYPTION = "A256GCM"
WRAPPING_KEY_SIZE = 16  # bytes: A128KW
IV_SIZE = 12
TAG_SIZE = 16
MIN_SALT = 8  # RFC 7518, section 4.8.1.1
MAX_ITERATIONS = 1_000_000  # a second or so; aws-vault writes 8192, and a hostile file may ask for 2**31
MAX_TOKEN = 1024 * 1024  # characters


class _Token(Record):
    header: Mapping[str, object]
    authenticated: bytes
    wrapped_key: bytes
    iv: bytes
    ciphertext: bytes
    tag: bytes


def decrypt_jwe(token: str, passphrase: Secret[str], *, of: str) -> Secret[bytes]:
    """Open a token; takes as long as its iteration count says, within the bound.

    Args:
        token: five parts of base64url, joined by dots.
        passphrase: as it was typed.
        of: what it is, for the messages.

    Raises:
        ItemCorruptError: not such a token, or changed.
        KdfLimitsError: it asks for more iterations than we do.
        WrongKeyError: another passphrase.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    parsed = _parse(token, of)
    salt, iterations = _derivation(parsed.header, of)
    wrapping = _derive(passphrase, salt, iterations)
    try:
        key = Secret(aes_key_unwrap(wrapping.reveal(), parsed.wrapped_key))
    except InvalidUnwrap:
        raise WrongKeyError(f"wrong passphrase for {of}") from None
    except ValueError:
        raise ItemCorruptError(f"{of} is damaged") from None
    if len(key) != 32:  # bytes: A256GCM
        raise ItemCorruptError(f"{of} holds a key of another size")
    try:
        return Secret(AESGCM(key.reveal()).decrypt(parsed.iv, parsed.ciphertext + parsed.tag, parsed.authenticated))
    except InvalidTag:
        raise ItemCorruptError(f"{of} was modified or damaged") from None


def _parse(token: str, of: str) -> _Token:
    if len(token) > MAX_TOKEN:
        raise ItemCorruptError(f"{of} is too long")
    parts = token.strip().split(".")
    if len(parts) != 5 or not all(part.isascii() for part in parts):
        raise ItemCorruptError(f"{of} is not a JWE in compact form")
    try:
        head, wrapped, iv, ciphertext, tag = (_decode(part) for part in parts)
    except (binascii.Error, ValueError):
        raise ItemCorruptError(f"{of} is not a JWE in compact form") from None
    if len(iv) != IV_SIZE or len(tag) != TAG_SIZE:
        raise ItemCorruptError(f"{of} has parts of impossible sizes")
    return _Token(
        header=parse_object(Secret(head), of=f"the header of {of}"),
        authenticated=parts[0].encode(),
        wrapped_key=wrapped,
        iv=iv,
        ciphertext=ciphertext,
        tag=tag,
    )


def _derivation(header: Mapping[str, object], of: str) -> tuple[bytes, int]:
    if (header.get("alg"), header.get("enc")) != (ALGORITHM, ENCRYPTION) or header.keys() & {"zip", "crit"}:
        raise ItemCorruptError(f"{of} uses an encryption that aws-vault does not")
    iterations, text = header.get("p2c"), header.get("p2s")
    if type(iterations) is not int or iterations < 1 or not isinstance(text, str):
        raise ItemCorruptError(f"{of} has no key derivation parameters")
    if iterations > MAX_ITERATIONS:
        raise KdfLimitsError(f"{of} asks for {iterations} iterations, and {MAX_ITERATIONS} are accepted")
    try:
        salt = _decode(text)
    except (binascii.Error, ValueError):
        salt = b""
    if len(salt) < MIN_SALT:
        raise ItemCorruptError(f"{of} has no usable salt")
    return salt, iterations


def _derive(passphrase: Secret[str], salt: bytes, iterations: int) -> Secret[bytes]:
    from hashlib import pbkdf2_hmac

    # RFC 7518, section 4.8.1.1: the algorithm's name, a zero byte, the salt.
    return Secret(
        pbkdf2_hmac(
            "sha256", passphrase.reveal().encode(), ALGORITHM.encode() + b"\0" + salt, iterations, WRAPPING_KEY_SIZE
        )
    )


def _decode(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
