"""The bytes of the format, held to a file that another implementation wrote."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from pyvault.files.file_checks import FileChecks
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.vaultfile.disk.vault_reader import VaultReader
from pyvault.vaultfile.format.kdf import KdfCost, KdfLimits, argon2id, parse_params
from pyvault.vaultfile.format.sealed_record import derive_keys
from pyvault.vaultfile.unlock.passphrase import normalise
from pyvault.vaultfile.vault import Vault
from vaults import KNOWN_ANSWER, KNOWN_PASSPHRASE, by_passphrase, known_answer

if TYPE_CHECKING:
    from pathlib import Path

VAULT_ID = bytes.fromhex("3b43b7bc68918b33139db1b58f36ef11")
SLOT_ID = bytes.fromhex("3a99a2e509e4940b")
SALT = bytes.fromhex("8b0ca0f53580eeea4970b55817607f7f")
KEK = bytes.fromhex("59ee372c1df3681a193629b511ea12c172fe3ede19a51c79809b440289324cf6")
DEK = bytes.fromhex("6a98bd77cc03d9b7a5b2d00071ca7000dcfa7919f84702f4bb7178f5b4294171")
K_HEADER = bytes.fromhex("8d1831935202613c75f4bf9dbf5b4ea0e24199ac1f5c35f9879fcfced52e96d5")
K_INDEX = bytes.fromhex("343c87eb0bb5853c5c2bbbbc7fb1b19766ef9b0c1f8b01a9bca80fc9077ddc93")
K_RECORD = bytes.fromhex("08fc3d589858fd5dc822298825897f7a8edcbfff7cfcae5a76d51d1e0bd828aa")
FINGERPRINT = bytes.fromhex("a56572709e1d28a4fdd317b9a79c99f9")
HMAC = bytes.fromhex("0a3a18f7a7cc806157a00a3428e7d3ff039d6244faf4eca612b61ca0ce746476")
SPELLINGS = [KNOWN_PASSPHRASE, "Cafe\u0301 correct horse"]


def test_the_file_is_the_one_that_was_published() -> None:
    content = KNOWN_ANSWER.read_bytes()
    assert len(content) == 7648
    assert hashlib.sha256(content).hexdigest() == "5176def42fe9c330d2a9478166e9e2131111557e552997934a846b352d9de45a"


def test_the_header_is_read_and_written_back_byte_for_byte(tmp_path: Path) -> None:
    with VaultReader(known_answer(tmp_path), FileChecks()) as reader:
        header = reader.header
    assert header.vault_id == VAULT_ID
    assert (header.generation, header.key_epoch, header.index_size, header.records_size) == (1, 1, 4168, 3216)
    assert [slot.slot_id for slot in header.slots] == [SLOT_ID]
    assert header.encode() == KNOWN_ANSWER.read_bytes()[:232]


def test_every_key_is_derived_as_published(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    with VaultReader(path, FileChecks()) as reader:
        slot = reader.header.slots[0]
        cost, salt = parse_params(slot.params, KdfLimits(), path)
        assert (cost, salt) == (KdfCost(memory=8192, passes=3, lanes=4), SALT)
        kek = argon2id(normalise(Secret(KNOWN_PASSPHRASE)), salt, cost)
        dek = slot.open(kek, VAULT_ID)
        keys = derive_keys(dek, VAULT_ID)
        assert (kek, dek) == (Secret(KEK), Secret(DEK))
        assert (keys.header, keys.index, keys.record) == (Secret(K_HEADER), Secret(K_INDEX), Secret(K_RECORD))
        assert keys.fingerprint == FINGERPRINT
        assert keys.mac(reader.header.encode()) == HMAC
        assert reader.is_signed_by(keys)


@pytest.mark.parametrize("spelling", SPELLINGS, ids=["composed", "decomposed"])
def test_it_opens_and_holds_its_two_entries(tmp_path: Path, spelling: str) -> None:
    with Vault.open(known_answer(tmp_path), by_passphrase(spelling)) as vault:
        assert vault.verify() == 2
        assert [(str(entry.name), entry.revision, entry.size) for entry in vault.entries()] == [
            ("credential/prod", 1, 1096),
            ("session/prod", 7, 2120),
        ]
        prod = vault.get(ItemName(Kind.CREDENTIAL, "prod")).reveal()
        assert prod == b'{"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"s3cr3t"}'
        assert vault.get(ItemName(Kind.SESSION, "prod")).reveal() == b"x" * 1500
        assert vault.needs_renewal
        assert vault.fingerprint == FINGERPRINT


def test_a_write_to_it_keeps_what_was_there(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    with Vault.open(path, by_passphrase(KNOWN_PASSPHRASE)) as vault:
        before = path.read_bytes()
        vault.put(ItemName(Kind.CREDENTIAL, "new"), Secret(b"{}"))
        after = path.read_bytes()
        assert vault.verify() == 3
        assert vault.generation == 2
    # Unchanged boxes are copied, not sealed anew.
    assert after[-1096 - 3216 : -1096] == before[-3216:]
