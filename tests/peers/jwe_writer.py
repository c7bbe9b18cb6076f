"""Write and open JWE as aws-vault does, independently of our code that reads it."""

from __future__ import annotations

import base64
import json
import os
from hashlib import pbkdf2_hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encrypt(plaintext: bytes, passphrase: str, *, iterations: int = 8192, **changes: object) -> str:
    """Write a token; *changes* go into its header, None takes a field out."""
    salt, key, iv = os.urandom(12), os.urandom(32), os.urandom(12)
    header = {"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": iterations, "p2s": b64(salt), "created": "2026"}
    header = {name: value for name, value in (header | changes).items() if value is not None}
    head = b64(json.dumps(header).encode())
    full_salt = b"PBES2-HS256+A128KW\0" + salt
    wrapping = pbkdf2_hmac("sha256", passphrase.encode(), full_salt, iterations, 16)
    sealed = AESGCM(key).encrypt(iv, plaintext, head.encode())
    return ".".join([head, b64(aes_key_wrap(wrapping, key)), b64(iv), b64(sealed[:-16]), b64(sealed[-16:])])


def decrypt(token: str, passphrase: str) -> bytes:
    """Open a token as a careless reader does: however much work it asks for.

    Raises:
        ValueError: not a token, or the wrong passphrase.
    """
    head, wrapped, iv, ciphertext, tag = token.split(".")
    header = json.loads(unb64(head))
    salt = b"PBES2-HS256+A128KW\0" + unb64(header["p2s"])
    try:
        key = aes_key_unwrap(pbkdf2_hmac("sha256", passphrase.encode(), salt, header["p2c"], 16), unb64(wrapped))
        return AESGCM(key).decrypt(unb64(iv), unb64(ciphertext) + unb64(tag), head.encode())
    except (InvalidUnwrap, InvalidTag):
        raise ValueError("wrong passphrase, or damaged") from None


def iterations_of(token: str) -> int:
    """Give the work that a token asks for."""
    return int(json.loads(unb64(token.partition(".")[0]))["p2c"])
