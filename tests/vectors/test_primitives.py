"""The primitives below us give the published answers.

Sources: NIST CAVP (AES-GCM), RFC 9106 section 5.3 (Argon2id), RFC 5869 appendix
A (HKDF), C2SP chunked-encryption; all from the distribution cryptography-vectors.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from independent_seal import independent_open
from pyvault.sealing import KEY_SIZE, BrokenSealError, open_box
from pyvault.secret import Secret
from pyvault.vaultfile.format.kdf import KdfCost, argon2id

VECTORS = Path(cryptography_vectors.__file__).parent


def records(name: str) -> Iterator[dict[str, str]]:
    """Read the ``key = value`` blocks of a vector file."""
    block: dict[str, str] = {}
    for line in [*(VECTORS / name).read_text().splitlines(), ""]:
        text = line.strip()
        if not text:
            if len(block) > 1:
                yield block
            block = {}
        elif not text.startswith(("#", "[")):
            key, _, value = text.partition("=")
            block[key.strip().lower()] = value.strip()


def unhex(block: dict[str, str], *names: str) -> list[bytes]:
    return [bytes.fromhex(block.get(name, "")) for name in names]


def test_aes_256_gcm_encrypts_as_nist_says() -> None:
    count = 0
    for block in records("ciphers/AES/GCM/gcmEncryptExtIV256.rsp"):
        key, iv, plain, aad, sealed, tag = unhex(block, "key", "iv", "pt", "aad", "ct", "tag")
        if len(iv) == 12 and len(tag) == 16:
            assert AESGCM(key).encrypt(iv, plain, aad) == sealed + tag
            count += 1
    assert count > 300


def test_aes_256_gcm_refuses_as_nist_says() -> None:
    refused = 0
    for block in records("ciphers/AES/GCM/gcmDecrypt256.rsp"):
        key, iv, plain, aad, sealed, tag = unhex(block, "key", "iv", "pt", "aad", "ct", "tag")
        if len(iv) != 12 or len(tag) != 16:
            continue
        if "fail" in block:
            refused += 1
            with pytest.raises(InvalidTag):
                AESGCM(key).decrypt(iv, sealed + tag, aad)
        else:
            assert AESGCM(key).decrypt(iv, sealed + tag, aad) == plain
    assert refused > 100


def test_argon2id_of_rfc_9106() -> None:
    blocks = list(records("KDF/argon2id.txt"))
    rfc = blocks[0]
    passphrase, salt, secret, ad, output = unhex(rfc, "pass", "salt", "secret", "ad", "output")
    # argon2-cffi has no door for secret and associated data; its twin shows the primitive.
    assert (
        Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=32, ad=ad, secret=secret).derive(passphrase)
        == output
    )
    plain = [block for block in blocks if "secret" not in block and "ad" not in block]
    assert plain
    for block in plain:
        passphrase, salt, output = unhex(block, "pass", "salt", "output")
        made = hash_secret_raw(
            passphrase,
            salt,
            time_cost=int(block["iter"]),
            memory_cost=int(block["memcost"]),
            parallelism=int(block["lanes"]),
            hash_len=int(block["length"]),
            type=Type.ID,
            version=0x13,
        )
        assert made == output


@settings(max_examples=25)
@given(
    passphrase=st.binary(min_size=1, max_size=80),
    salt=st.binary(min_size=16, max_size=16),
    lanes=st.integers(1, 4),
    passes=st.integers(1, 3),
    extra=st.integers(0, 200),
)
def test_two_implementations_of_argon2id_agree(
    passphrase: bytes, salt: bytes, lanes: int, passes: int, extra: int
) -> None:
    memory = 8 * lanes + extra
    ours = argon2id(Secret(passphrase), salt, KdfCost(memory=memory, passes=passes, lanes=lanes))
    theirs = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory).derive(passphrase)
    assert ours.reveal() == theirs


def test_hkdf_of_rfc_5869() -> None:
    checked = 0
    block: dict[str, str] = {}
    for part in records("KDF/rfc-5869-HKDF-SHA256.txt"):
        block |= part  # a blank line stands between input and output in some cases
        if "okm" not in part:
            continue
        ikm, salt, info, prk, okm = unhex(block, "ikm", "salt", "info", "prk", "okm")
        size = int(block["l"])
        assert HKDF(SHA256(), size, salt or None, info).derive(ikm) == okm
        assert HKDFExpand(SHA256(), size, info).derive(prk) == okm
        checked += 1
    assert checked == 3


def chunked() -> list[dict[str, Any]]:  # Any: the values of a JSON file
    vectors: list[dict[str, Any]] = json.loads((VECTORS / "chunked-encryption/vectors.json").read_text())["vectors"]
    return [vector for vector in vectors if vector["aead"] == "AEAD_AES_256_GCM"]


@pytest.mark.parametrize("vector", chunked(), ids=lambda vector: str(vector["name"]))
def test_the_definition_as_written_out_in_our_tests(vector: dict[str, Any]) -> None:
    """The published boxes are of the SHA-256 instance; they prove the rest of the definition.

    What ``independent_seal`` makes with SHA-512 is what the library must open,
    and the other way round: see ``test_sealing``.
    """
    key, context = bytes.fromhex(vector["key"]), vector["context"].encode()
    box = base64.b64decode(vector["ciphertext"] or "")
    if vector.get("compressed"):
        box = zlib.decompress(box)
    if vector["expect"] == "success":
        plain = independent_open(key, context, box, "sha256")
        assert hashlib.sha256(plain).hexdigest() == vector["payload_sha256"]
    else:
        with pytest.raises(ValueError, match="box"):
            independent_open(key, context, box, "sha256")
    with pytest.raises(ValueError if len(key) != KEY_SIZE else BrokenSealError):
        open_box(Secret(key), context, box)  # ours is the other instance


def test_there_are_boxes_that_open_and_boxes_that_do_not() -> None:
    outcomes = [vector["expect"] for vector in chunked()]
    assert outcomes.count("success") > 5
    assert outcomes.count("failure") > 15
