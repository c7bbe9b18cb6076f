"""Every single-bit flip and every truncation of the known answer is refused.

The passphrase's key is computed once: the KDF itself is not what is tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvault.errors import (
    KdfLimitsError,
    NotAVaultError,
    PyvaultError,
    TamperedError,
    TruncatedVaultError,
    UnsupportedVaultError,
    VaultFileError,
    WrongKeyError,
)
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from vaults import KNOWN_ANSWER, KNOWN_PASSPHRASE, RememberingKdf, by_passphrase, known_answer

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = KNOWN_ANSWER.read_bytes()
OPTIONS = VaultOptions(derive=RememberingKdf())

MAGIC = range(8)
VERSION_SUITE_FLAGS = range(8, 16)
VAULT_ID = range(16, 32)
TXID_GENERATION_EPOCH = range(32, 60)
LENGTHS = range(60, 84)
SLOT = range(84, 232)
HMAC = range(232, 264)
INDEX = range(264, 264 + 4168)
RECORDS = range(264 + 4168, 7648)
CREDENTIAL_RECORD = range(RECORDS.start, RECORDS.start + 1096)


def read_everything(path: Path) -> None:
    with Vault.open(path, by_passphrase(KNOWN_PASSPHRASE), options=OPTIONS) as vault:
        vault.verify()


def outcome(path: Path) -> type[Exception] | None:
    try:
        read_everything(path)
    except PyvaultError as exc:
        return type(exc)
    return None


def flips(area: range) -> list[tuple[int, int]]:
    return [(at, bit) for at in area for bit in range(8)]


def outcomes_of_flips(path: Path, area: range) -> dict[tuple[int, int], type[Exception] | None]:
    found: dict[tuple[int, int], type[Exception] | None] = {}
    for at, bit in flips(area):
        content = bytearray(CONTENT)
        content[at] ^= 1 << bit
        path.write_bytes(content)
        found[at, bit] = outcome(path)
    return found


def test_unchanged_it_is_accepted(tmp_path: Path) -> None:
    assert outcome(known_answer(tmp_path)) is None


@pytest.mark.parametrize(
    ("area", "allowed"),
    [
        pytest.param(MAGIC, {NotAVaultError}, id="magic"),
        pytest.param(VERSION_SUITE_FLAGS, {UnsupportedVaultError}, id="version-suite-flags"),
        pytest.param(VAULT_ID, {WrongKeyError}, id="vault-id"),
        pytest.param(TXID_GENERATION_EPOCH, {TamperedError}, id="txid-generation-epoch"),
        pytest.param(LENGTHS, {TruncatedVaultError, TamperedError, UnsupportedVaultError}, id="lengths"),
        pytest.param(SLOT, {WrongKeyError, TamperedError, KdfLimitsError, UnsupportedVaultError}, id="slot"),
        pytest.param(HMAC, {TamperedError}, id="hmac"),
    ],
)
def test_every_bit_of_the_header(tmp_path: Path, area: range, allowed: set[type[Exception]]) -> None:
    found = outcomes_of_flips(known_answer(tmp_path), area)
    assert set(found.values()) <= allowed, {flip: kind for flip, kind in found.items() if kind not in allowed}


def test_every_bit_of_the_wrapped_key_and_the_salt_reads_as_a_wrong_key(tmp_path: Path) -> None:
    # Behind slot_len, type, flags, id, params_len and the KDF's numbers.
    salt_and_wrap = [*range(84 + 14 + 12, 84 + 42), *range(84 + 44, 232)]
    path = known_answer(tmp_path)
    found = {at: outcomes_of_flips(path, range(at, at + 1)) for at in salt_and_wrap[::7]}
    assert {kind for each in found.values() for kind in each.values()} == {WrongKeyError}


def pieces(area: range, count: int) -> list[range]:
    """Cut an area so that several workers can share it."""
    step = -(-len(area) // count)
    return [area[start : start + step] for start in range(0, len(area), step)]


@pytest.mark.parametrize("area", [*pieces(INDEX, 8), *pieces(RECORDS, 6)], ids=lambda area: f"{area.start}-{area.stop}")
def test_every_bit_of_the_index_and_the_records(tmp_path: Path, area: range) -> None:
    found = outcomes_of_flips(known_answer(tmp_path), area)
    assert set(found.values()) == {TamperedError}


@pytest.mark.parametrize("at", [CREDENTIAL_RECORD.start, CREDENTIAL_RECORD.stop - 1, CREDENTIAL_RECORD.stop])
def test_the_damaged_record_is_named_and_the_other_is_still_readable(tmp_path: Path, at: int) -> None:
    content = bytearray(CONTENT)
    content[at] ^= 1
    path = known_answer(tmp_path)
    path.write_bytes(content)
    damaged, whole = (
        ("credential/prod", "session/prod") if at in CREDENTIAL_RECORD else ("session/prod", "credential/prod")
    )
    with Vault.open(path, by_passphrase(KNOWN_PASSPHRASE), options=OPTIONS) as vault:
        with pytest.raises(TamperedError, match=damaged) as caught:
            vault.verify()
        assert whole not in caught.value.message
        names = {str(entry.name): entry.name for entry in vault.entries()}
        assert len(vault.get(names[whole])) > 0
        with pytest.raises(TamperedError, match=damaged):
            vault.get(names[damaged])


def test_every_truncation(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    for size in range(len(CONTENT)):
        path.write_bytes(CONTENT[:size])
        expected = TruncatedVaultError if size else NotAVaultError
        assert outcome(path) is expected, size


@pytest.mark.parametrize("more", [b"\0", b"\n", CONTENT])
def test_anything_behind_the_end(tmp_path: Path, more: bytes) -> None:
    path = known_answer(tmp_path)
    path.write_bytes(CONTENT + more)
    assert outcome(path) is TruncatedVaultError


def test_a_transfer_in_text_mode(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    path.write_bytes(CONTENT.replace(b"\r\n", b"\n"))
    with pytest.raises(VaultFileError):
        read_everything(path)
