"""JWE as aws-vault writes it, against the RFCs' own answers and against hostile tokens."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from peers.jwe_writer import b64, encrypt, unb64
from pyvault.errors import BackendError, ItemCorruptError, KdfLimitsError, WrongKeyError
from pyvault.migration.jwe import _derive, decrypt_jwe
from pyvault.secret import Secret

PASSPHRASE = Secret("Thus from my lips, by yours, my sin is purged.")


def test_the_key_derivation_of_rfc_7517_appendix_c() -> None:
    # RFC 7517, C.4: the salt input, 4096 iterations, and the derived key.
    salt = bytes([217, 96, 147, 112, 150, 117, 70, 247, 127, 8, 155, 137, 174, 42, 80, 215])
    derived = bytes([110, 171, 169, 92, 129, 92, 109, 117, 233, 242, 116, 233, 170, 14, 24, 75])
    assert _derive(PASSPHRASE, salt, 4096) == Secret(derived)


def test_the_wrapped_key_of_rfc_7517_appendix_c_opens_with_it() -> None:
    wrapped = bytes(
        [
            *(
                78,
                186,
                151,
                59,
                11,
                141,
                81,
                240,
                213,
                245,
                83,
                211,
                53,
                188,
                134,
                188,
                66,
                125,
                36,
                200,
                222,
                124,
                5,
                103,
            ),
            *(249, 52, 117, 184, 140, 81, 246, 158, 161, 177, 20, 33, 245, 57, 59, 4),
        ]
    )
    key = bytes(
        [
            *(111, 27, 25, 52, 66, 29, 20, 78, 92, 176, 56, 240, 65, 208, 82, 112),
            *(161, 131, 36, 55, 202, 236, 185, 172, 129, 23, 153, 194, 195, 48, 253, 182),
        ]
    )
    salt = bytes([217, 96, 147, 112, 150, 117, 70, 247, 127, 8, 155, 137, 174, 42, 80, 215])
    assert aes_key_unwrap(_derive(PASSPHRASE, salt, 4096).reveal(), wrapped) == key


def test_a_token_comes_open() -> None:
    assert decrypt_jwe(encrypt(b"payload", "secret"), Secret("secret"), of="it") == Secret(b"payload")
    assert decrypt_jwe(encrypt(b"", "ü") + "\n", Secret("ü"), of="it") == Secret(b"")


def test_the_wrong_passphrase_is_told_from_damage() -> None:
    token = encrypt(b"payload", "secret")
    with pytest.raises(WrongKeyError, match="wrong passphrase for it"):
        decrypt_jwe(token, Secret("Secret"), of="it")
    head, wrapped, iv, ciphertext, tag = token.split(".")
    for damaged in (
        [head, wrapped, iv, b64(bytes([unb64(ciphertext)[0] ^ 1]) + unb64(ciphertext)[1:]), tag],
        [head, wrapped, iv, ciphertext, b64(bytes(16))],
        [b64(unb64(head).replace(b"2026", b"2027")), wrapped, iv, ciphertext, tag],
    ):
        with pytest.raises(ItemCorruptError):
            decrypt_jwe(".".join(damaged), Secret("secret"), of="it")


def test_a_token_that_asks_for_endless_work_is_refused_before_any_is_done() -> None:
    for iterations in (1_000_001, 2**31, 10**30):
        token = encrypt(b"x", "p", p2c=iterations)
        with pytest.raises(KdfLimitsError):
            decrypt_jwe(token, Secret("p"), of="it")


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "dir"},
        {"alg": "none"},
        {"enc": "A128CBC-HS256"},
        {"zip": "DEF"},
        {"crit": ["x"]},
        {"p2c": None},
        {"p2c": 0},
        {"p2c": "8192"},
        {"p2c": True},
        {"p2s": None},
        {"p2s": "AA"},
        {"p2s": "!"},
    ],
    ids=str,
)
def test_any_other_form_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ItemCorruptError):
        decrypt_jwe(encrypt(b"x", "p", **changes), Secret("p"), of="it")


@pytest.mark.parametrize("token", ["", "a.b", "....", "a.b.c.d.e", "é.b.c.d.e", "x" * 2_000_000, '{"a":1}.b.c.d.e'])
def test_what_is_no_token_is_corrupt(token: str) -> None:
    with pytest.raises(ItemCorruptError):
        decrypt_jwe(token, Secret("p"), of="it")


def test_every_cut_is_refused() -> None:
    token = encrypt(b"payload", "p", iterations=1)
    for length in range(len(token)):
        with pytest.raises(BackendError):
            decrypt_jwe(token[:length], Secret("p"), of="it")
