"""Slots of type 7: what their params are, which keys may be used, what is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from fake_kms import KEY, OTHER_KEY
from pyvault.errors import AwsError, ForeignVaultError, InvalidSettingError, WrongKeyError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.file_options import VaultSettings
from pyvault.vaultfile.format.external_key import ExternalKey, kek_id, parse_external
from pyvault.vaultfile.format.slots import Slot
from pyvault.vaultfile.state.trust_file import format_states, parse_states
from pyvault.vaultfile.state.vault_state import VaultState
from pyvault.vaultfile.unlock.external_keys import ExternalKeys, parse_patterns
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KmsSlot
from pyvault.vaultfile.vault import Vault
from vaults import WEAK, make_vault

HELD = ExternalKey(reference=KEY, ciphertext=b"sealed")
GOOD = HELD.encode()


class Locker:
    """Keeps the keys themselves: a KMS that never refuses."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, str]] = []

    def encrypt(self, key: str, context: Mapping[str, str], plain: Secret[bytes]) -> bytes:
        return plain.reveal()

    def decrypt(self, key: str, context: Mapping[str, str], ciphertext: bytes) -> Secret[bytes]:
        self.asked.append(context)
        return Secret(ciphertext)


def test_params_are_read_as_they_were_written() -> None:
    assert parse_external(GOOD) == HELD
    assert GOOD[:3] == b"\x01" + len(KEY).to_bytes(2, "big")


@pytest.mark.parametrize(
    "params",
    [
        b"",
        b"\x02" + GOOD[1:],
        GOOD[:-1],
        GOOD + b"\0",
        GOOD[:4],
        ExternalKey(reference=KEY, ciphertext=b"").encode(),
        ExternalKey(reference="", ciphertext=b"x").encode(),
        ExternalKey(reference=KEY, ciphertext=bytes(6145)).encode(),
        ExternalKey(reference="alias/x", ciphertext=b"x").encode(),
        ExternalKey(reference=KEY.replace(":key/", ":alias/"), ciphertext=b"x").encode(),
        ExternalKey(reference=KEY + "\x1b[2J", ciphertext=b"x").encode(),
        ExternalKey(reference="arn:aws:kms:eu-central-1:111122223333:key/\u00e4", ciphertext=b"x").encode(),
    ],
)
def test_other_params_are_of_a_later_version(params: bytes) -> None:
    assert parse_external(params) is None
    assert not Slot(slot_type=7, flags=0, slot_id=bytes(8), params=params, wrap=b"").is_known()


def test_flags_are_of_a_later_version() -> None:
    assert Slot(slot_type=7, flags=0, slot_id=bytes(8), params=GOOD, wrap=b"").is_known()
    assert not Slot(slot_type=7, flags=1, slot_id=bytes(8), params=GOOD, wrap=b"").is_known()


@pytest.mark.parametrize(
    ("allowed", "is_allowed"),
    [
        (KEY, True),
        ("arn:aws:kms:eu-central-1:111122223333:key/*", True),
        ("arn:aws:kms:*:111122223333:key/1234abcd-*", True),
        (OTHER_KEY, False),
        (KEY[:-1], False),
        ("arn:aws:kms:eu-central-1:111122223333", False),
        ("arn:aws:kms:us-east-1:*", False),
    ],
)
def test_an_address_in_a_file_is_used_only_if_the_user_named_it(allowed: str, is_allowed: bool) -> None:
    assert ExternalKeys(allowed=parse_patterns(allowed), calls=Locker).allow(KEY) is is_allowed


def test_the_settings_name_keys_together(tmp_path: Path) -> None:
    given = {"path": str(tmp_path / "v"), "kms_key": KEY, "kms_keys": f"{OTHER_KEY}, arn:aws:kms:*"}
    assert VaultSettings.parse(given).kms_keys == (KEY, OTHER_KEY, "arn:aws:kms:*")
    for wrong in ("alias/x", "arn:aws:kms:{", "*"):
        with pytest.raises(InvalidSettingError, match="is not the ARN"):
            VaultSettings.parse({**given, "kms_key": wrong})


def slot_of(locker: Locker) -> KmsSlot:
    def encrypt(vault_id: bytes, slot_id: bytes, key: Secret[bytes]) -> bytes:
        return locker.encrypt(KEY, {"vault": vault_id.hex(), "slot": slot_id.hex()}, key)

    return KmsSlot(reference=KEY, encrypt=encrypt)


def by(locker: Locker) -> UnlockSources:
    return UnlockSources(external=ExternalKeys(allowed=(KEY,), calls=lambda: locker))


def test_the_context_names_vault_and_slot(tmp_path: Path) -> None:
    locker = Locker()
    vault = make_vault(tmp_path, slot_of(locker))
    slot = vault.slots()[1]
    options = replace(WEAK, expect_fingerprints=frozenset({vault.fingerprint}))
    with Vault.open(vault.path, by(locker), options=options) as opened:
        assert [each.unlocked_this for each in opened.slots()] == [False, True]
    assert (slot.kind, slot.kms_key) == ("kms", KEY)
    assert locker.asked == [{"pyvault:vault": vault.vault_id.hex(), "pyvault:slot": slot.slot_id.hex()}]


def test_without_the_key_named_no_call_is_made(tmp_path: Path) -> None:
    locker = Locker()
    vault = make_vault(tmp_path, slot_of(locker))
    nobody = UnlockSources(external=ExternalKeys(allowed=(OTHER_KEY,), calls=lambda: locker))
    for sources in (nobody, UnlockSources(passphrase=lambda: Secret("unused"))):
        with pytest.raises(WrongKeyError, match="neither PYVAULT_KMS_KEY nor kms_keys") as caught:
            Vault.open(vault.path, sources, options=WEAK)
        assert "PYVAULT_KMS_KEY" in (caught.value.hint or "")
    assert not locker.asked


def test_the_id_of_a_wrapping_key_tells_vaults_apart() -> None:
    key = Secret(bytes(range(32)))
    assert len(kek_id(key, bytes(16))) == 16
    assert kek_id(key, bytes(16)) != kek_id(key, bytes(15) + b"\1")


def test_what_opened_it_is_remembered_in_the_trust_file() -> None:
    seen = VaultState(
        vault_id=bytes(16),
        path="/v",
        fingerprint=bytes(16),
        epoch=1,
        generation=7,
        txid=bytes(16),
        external=(bytes(8), bytes(range(16))),
    )
    text = format_states({seen.vault_id: seen})
    assert parse_states(text) == {seen.vault_id: seen}
    assert b'"slot": "0000000000000000"' in text
    with pytest.raises(ValueError, match="8 bytes"):
        parse_states(text.replace(b'"slot": "00', b'"slot": "'))


def test_it_names_the_refusal_of_an_answer_that_is_none(tmp_path: Path) -> None:
    class Refusing(Locker):
        def decrypt(self, key: str, context: Mapping[str, str], ciphertext: bytes) -> Secret[bytes]:
            raise AwsError("AWS refused kms:Decrypt: Odd", code="Odd")

    vault = make_vault(tmp_path, slot_of(Locker()))
    with pytest.raises(WrongKeyError, match="was skipped: AWS refused kms:Decrypt: Odd"):
        Vault.open(vault.path, by(Refusing()), options=WEAK)


def test_a_vault_that_is_new_here_needs_its_fingerprint(tmp_path: Path) -> None:
    locker = Locker()
    vault = make_vault(tmp_path, slot_of(locker))
    with pytest.raises(ForeignVaultError, match="never seen here") as caught:
        Vault.open(vault.path, by(locker), options=WEAK)
    assert "PYVAULT_EXPECT_FINGERPRINT" in (caught.value.hint or "")
