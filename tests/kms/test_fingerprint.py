"""A KMS key proves nothing about who wrote the file: the fingerprint does, or what was seen before.

The attacker may write the file and encrypt with the runners' key. He can't decrypt with it.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fake_kms import KEY, FakeKms
from kms_vaults import by_kms, expecting, forged, kms_slot, shared_vault
from pyvault.backend import Question
from pyvault.clock import moment
from pyvault.errors import ForeignVaultError, InputRequiredError, WrongKeyError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.storage.kept_in_store import StoreKept
from pyvault.vaultfile.state.merge_files import merge_vault
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.unlock_cache import UnlockCache
from pyvault.vaultfile.vault import Vault
from pyvault_backends.memory import MemoryBackend
from vaults import WEAK, contents, open_again


def nobody(question: Question) -> Secret[str]:
    raise AssertionError(question)


@pytest.fixture
def trust(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "state" / "trust.json")


def test_a_forged_vault_is_refused_where_nothing_is_remembered(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    told = replace(WEAK, expect_vault_id=vault.vault_id, min_generation=1)
    expected = expecting(vault)
    vault.path.write_bytes(forged(vault, kms))
    for options, why in ((told, "never seen here"), (expected, "not the expected one")):
        with pytest.raises(ForeignVaultError, match=why):
            Vault.open(vault.path, by_kms(kms), options=options)
    assert kms.calls[-1].operation == "Decrypt", "the attack itself works: KMS opened his slot"


def test_it_opens_where_its_fingerprint_is_expected_and_is_remembered(
    tmp_path: Path, kms: FakeKms, trust: TrustStore
) -> None:
    vault = shared_vault(tmp_path, kms)
    with Vault.open(vault.path, by_kms(kms), trust=trust, options=expecting(vault)) as opened:
        assert contents(opened) == {"prod": b"ours"}
    (seen,) = trust.known_states().values()
    assert seen.external is not None
    assert seen.external[0] == vault.slots()[1].slot_id
    assert contents(Vault.open(vault.path, by_kms(kms), trust=trust, options=WEAK)) == {"prod": b"ours"}


def test_two_fingerprints_are_expected_for_the_time_of_a_rekey(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    before = expecting(vault)
    vault.rekey(by_kms(kms))
    both = replace(WEAK, expect_fingerprints=before.expect_fingerprints | {vault.fingerprint})
    assert Vault.open(vault.path, by_kms(kms), options=both).key_epoch == 2
    with pytest.raises(ForeignVaultError, match="not the expected one"):
        Vault.open(vault.path, by_kms(kms), options=before)


def test_what_was_opened_by_another_slot_here_is_known_too(tmp_path: Path, kms: FakeKms, trust: TrustStore) -> None:
    vault = shared_vault(tmp_path, kms)
    open_again(vault, trust=trust).close()
    Vault.open(vault.path, by_kms(kms), trust=trust, options=WEAK).close()
    (seen,) = trust.known_states().values()
    assert seen.external is not None


def test_a_rekey_elsewhere_is_accepted_through_the_remembered_slot(
    tmp_path: Path, kms: FakeKms, trust: TrustStore
) -> None:
    vault = shared_vault(tmp_path, kms)
    Vault.open(vault.path, by_kms(kms), trust=trust, options=expecting(vault)).close()
    vault.rekey(by_kms(kms))
    with Vault.open(vault.path, by_kms(kms), trust=trust, options=WEAK) as opened:
        assert (opened.key_epoch, contents(opened)) == (2, {"prod": b"ours"})


def test_a_rekey_elsewhere_with_another_slot_needs_the_user(tmp_path: Path, kms: FakeKms, trust: TrustStore) -> None:
    vault = shared_vault(tmp_path, kms)
    Vault.open(vault.path, by_kms(kms), trust=trust, options=expecting(vault)).close()
    vault.rekey(drop_slots=lambda _: True)
    vault.add_slot(kms_slot(kms))
    with pytest.raises(ForeignVaultError, match="another slot or KMS ciphertext") as caught:
        Vault.open(vault.path, by_kms(kms), trust=trust, options=WEAK)
    assert "vault accept" in (caught.value.hint or "")
    assert contents(Vault.open(vault.path, by_kms(kms), trust=trust, options=expecting(vault))) == {"prod": b"ours"}


@pytest.mark.parametrize("same_slot", [False, True])
def test_a_forged_rekey_is_refused(tmp_path: Path, kms: FakeKms, trust: TrustStore, same_slot: bool) -> None:
    vault = shared_vault(tmp_path, kms)
    Vault.open(vault.path, by_kms(kms), trust=trust, options=expecting(vault)).close()
    memory, slot_id = trust.path.read_bytes(), vault.slots()[1].slot_id
    vault.path.write_bytes(forged(vault, kms, epoch=2, slot_id=slot_id if same_slot else None))
    with pytest.raises(ForeignVaultError, match="another slot or KMS ciphertext"):
        Vault.open(vault.path, by_kms(kms), trust=trust, options=WEAK)
    assert trust.path.read_bytes() == memory


def test_a_process_that_has_it_open_refuses_it_too(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    opened = Vault.open(vault.path, by_kms(kms), options=expecting(vault))
    running = Vault.open(
        vault.path, by_kms(kms), options=replace(expecting(vault), expect_fingerprints=frozenset(), vouched=True)
    )
    vault.path.write_bytes(forged(vault, kms, epoch=2, slot_id=vault.slots()[1].slot_id))
    for each in (opened, running):
        with pytest.raises(WrongKeyError, match="was rekeyed, and the slot that opened it is gone"):
            each.refresh()


def test_it_is_not_merged_and_not_restored(tmp_path: Path, kms: FakeKms, trust: TrustStore) -> None:
    vault = shared_vault(tmp_path, kms)
    other = tmp_path / "conflict.pyv"
    for place in (other, vault.path.with_name("vault.pyv.bak.1")):
        place.touch(mode=0o600)
        place.write_bytes(forged(vault, kms, epoch=2))
    before = vault.path.read_bytes()
    sources = replace(by_kms(kms), keyfile=tmp_path / "ci.key")
    with pytest.raises(InputRequiredError, match="is required to open"):
        merge_vault(vault.path, other, sources, by_kms(kms), trust=trust, options=WEAK)
    with pytest.raises(ForeignVaultError, match="never seen here"):
        Vault.restore(vault.path, 1, by_kms(kms), trust=trust, options=WEAK)
    assert vault.path.read_bytes() == before


def test_a_kept_key_opens_no_forged_vault(tmp_path: Path, kms: FakeKms, trust: TrustStore) -> None:
    vault = shared_vault(tmp_path, kms)
    keys = StoreKept(lambda: MemoryBackend.open({"name": str(tmp_path)}, nobody), "unlock", moment)
    cache = UnlockCache(keys, idle=timedelta(hours=1), external=timedelta(hours=1))
    cache.prepare()
    kept = replace(by_kms(kms), cached_data_key=cache.find, keep_data_key=cache.keep)
    Vault.open(vault.path, kept, trust=trust, options=expecting(vault)).close()
    asked = len(kms.calls)
    Vault.open(vault.path, kept, trust=trust, options=WEAK).close()
    assert len(kms.calls) == asked, "it was kept"
    before, slot_id = vault.path.read_bytes(), vault.slots()[1].slot_id
    vault.path.write_bytes(forged(vault, kms, slot_id=slot_id))
    with pytest.raises(ForeignVaultError):
        Vault.open(vault.path, kept, trust=trust, options=WEAK)
    with pytest.raises(ForeignVaultError, match="never seen here"):
        Vault.open(vault.path, kept, options=WEAK)
    vault.path.write_bytes(before)
    kms.refusals[KEY] = "AccessDeniedException"
    Vault.open(vault.path, kept, trust=trust, options=WEAK).close()


def test_the_user_may_vouch_for_it(tmp_path: Path, kms: FakeKms, trust: TrustStore) -> None:
    vault = shared_vault(tmp_path, kms)
    with Vault.open(vault.path, by_kms(kms), options=replace(WEAK, vouched=True)) as opened:
        trust.accept(opened.state)
    assert contents(Vault.open(vault.path, by_kms(kms), trust=trust, options=WEAK)) == {"prod": b"ours"}


def test_a_withdrawn_grant_bites_at_the_next_opening(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    Vault.open(vault.path, by_kms(kms), options=expecting(vault)).close()
    kms.refusals[KEY] = "AccessDeniedException"
    with pytest.raises(WrongKeyError, match="AccessDeniedException"):
        Vault.open(vault.path, by_kms(kms), options=expecting(vault))
