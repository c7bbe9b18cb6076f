"""What is remembered of a vault and of each path at which it was seen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pyvault.errors import ForeignVaultError, RollbackError, VaultGoneError, VaultNotFoundError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.disk.backups import backup_path, delete_backups, list_backups
from pyvault.vaultfile.state.places import MAX_PLACES, vault_at, with_state
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.state.vault_state import VaultState
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from vaults import WEAK, contents, credential, make_vault, open_again


def vault_and_trust(tmp_path: Path) -> tuple[Vault, TrustStore]:
    trust = TrustStore(tmp_path / "state" / "trust.json")
    return make_vault(tmp_path, items={"a": b"a"}, trust=trust), trust


def in_folder(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir(mode=0o700)
    return tmp_path / name


def open_at(path: Path, key: Path, trust: TrustStore | None, options: VaultOptions = WEAK) -> Vault:
    return Vault.open(path, UnlockSources(keyfile=key), trust=trust, options=options)


def test_a_copy_elsewhere_does_not_free_the_first_place(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    copy = shutil.copy2(vault.path, in_folder(tmp_path, "copies") / "vault.pyv")
    assert contents(open_at(copy, tmp_path / "ci.key", trust)) == {"a": b"a"}
    vault.put(credential("b"), Secret(b"b"))
    foreign = make_vault(in_folder(tmp_path, "attacker"), items={"a": b"evil"})
    for place in (vault.path, copy):
        shutil.copy2(foreign.path, place)
        with pytest.raises(ForeignVaultError, match="another one"):
            open_at(place, tmp_path / "ci.key", trust)


def test_a_vault_that_moves_is_no_surprise_and_keeps_its_history(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    old = vault.path.read_bytes()
    vault.put(credential("b"), Secret(b"b"))
    moved = in_folder(tmp_path, "new home") / "vault.pyv"
    vault.path.rename(moved)
    assert contents(open_at(moved, tmp_path / "ci.key", trust)) == {"a": b"a", "b": b"b"}
    moved.write_bytes(old)
    with pytest.raises(RollbackError):
        open_at(moved, tmp_path / "ci.key", trust)


def test_a_memory_of_an_earlier_version_is_read_and_an_earlier_version_reads_ours(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    document = json.loads(trust.path.read_bytes())
    assert set(document[vault.vault_id.hex()]) == {"path", "fingerprint", "epoch", "generation", "txid", "own"}
    copy = shutil.copy2(vault.path, in_folder(tmp_path, "copies") / "vault.pyv")
    open_at(copy, tmp_path / "ci.key", trust).put(credential("b"), Secret(b"b"))
    entry = json.loads(trust.path.read_bytes())[vault.vault_id.hex()]
    assert (entry["path"], entry["places"]) == (str(copy), [str(vault.path), str(copy)])


def test_the_memory_of_places_is_bounded_and_keeps_the_first() -> None:
    seen = VaultState(vault_id=bytes(16), path="/0", fingerprint=b"f" * 16, epoch=1, generation=1, txid=b"t" * 16)
    known = {seen.vault_id: seen}
    for number in range(2 * MAX_PLACES):
        known = with_state(known, replace(seen, path=f"/{number}"))
    assert len(known[seen.vault_id].places) == MAX_PLACES
    assert vault_at(known, "/0")
    assert vault_at(known, f"/{2 * MAX_PLACES - 1}")


def test_accepting_another_vault_at_a_path_leaves_the_other_places(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    copy = shutil.copy2(vault.path, in_folder(tmp_path, "copies") / "vault.pyv")
    open_at(copy, tmp_path / "ci.key", trust)
    other = make_vault(in_folder(tmp_path, "other"))
    shutil.copy2(other.path, vault.path)
    trust.accept(open_at(vault.path, tmp_path / "ci.key", None).state)
    known = trust.known_states()
    assert [getattr(vault_at(known, str(path)), "vault_id", None) for path in (vault.path, copy)] == [
        other.vault_id,
        vault.vault_id,
    ]


def test_a_vault_that_was_seen_and_is_gone(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    vault.path.unlink()
    delete_backups(vault.path)
    with pytest.raises(VaultGoneError, match=f"no vault at '{vault.path}', but the vault {vault.vault_id.hex()}"):
        open_again(vault, trust=trust)
    trust.forget(vault.path)
    with pytest.raises(VaultNotFoundError):
        open_again(vault, trust=trust)


@pytest.mark.parametrize(
    "expected",
    [
        replace(WEAK, expect_vault_id=bytes(16)),
        replace(WEAK, expect_fingerprints=frozenset({bytes(16)})),
        replace(WEAK, min_generation=1),
    ],
    ids=["id", "fingerprint", "generation"],
)
def test_a_vault_that_is_expected_and_not_there(tmp_path: Path, expected: VaultOptions) -> None:
    with pytest.raises(VaultGoneError, match="one is expected"):
        open_at(tmp_path / "vault.pyv", tmp_path / "ci.key", None, expected)


def test_the_fingerprint_that_is_expected(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    before, other = vault.fingerprint, bytes(16)
    for fingerprints in ({before}, {other, before}):
        assert open_again(vault, options=replace(WEAK, expect_fingerprints=frozenset(fingerprints))).generation == 2
    expecting = replace(WEAK, expect_fingerprints=frozenset({before}))
    held = open_again(vault, options=expecting)
    vault.rekey()
    for act in (lambda: open_again(vault, options=expecting), held.refresh):
        with pytest.raises(ForeignVaultError, match=f"fingerprint {vault.fingerprint.hex()}, not the expected"):
            act()


def restore(vault: Vault, trust: TrustStore | None, options: VaultOptions = WEAK) -> Vault:
    sources = UnlockSources(keyfile=vault.path.with_name("ci.key"))
    return Vault.restore(vault.path, 1, sources, trust=trust, options=options)


def test_a_backup_of_a_vault_that_was_made_anew_can_be_brought_back_on_purpose(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    vault.put(credential("b"), Secret(b"b"))
    vault.path.unlink()
    anew = make_vault(tmp_path, trust=trust)
    with pytest.raises(ForeignVaultError) as caught:
        restore(anew, trust)
    assert "vault forget" in str(caught.value.hint)
    anew.path.rename(tmp_path / "aside")
    trust.forget(anew.path)
    assert contents(restore(anew, trust)) == {"a": b"a"}


@pytest.mark.parametrize("remembered", [True, False])
def test_a_foreign_vault_is_no_backup(tmp_path: Path, remembered: bool) -> None:
    vault, trust = vault_and_trust(tmp_path)
    foreign = make_vault(in_folder(tmp_path, "attacker"), items={"a": b"evil"})
    shutil.copy2(foreign.path, backup_path(vault.path, 1))
    before = vault.path.read_bytes()
    assert [backup.vault_id for backup in list_backups(vault.path)] == [foreign.vault_id]
    with pytest.raises(ForeignVaultError, match=f"is a backup of the vault {foreign.vault_id.hex()}"):
        restore(vault, trust if remembered else None)
    assert vault.path.read_bytes() == before


def test_a_foreign_vault_in_place_does_not_decide_what_is_restored(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    vault.put(credential("b"), Secret(b"b"))
    foreign = make_vault(in_folder(tmp_path, "attacker"))
    shutil.copy2(foreign.path, vault.path)
    assert contents(restore(vault, trust)) == {"a": b"a"}


def test_restoring_asks_for_what_is_expected(tmp_path: Path) -> None:
    vault, _ = vault_and_trust(tmp_path)
    for wrong in (
        replace(WEAK, expect_vault_id=bytes(16)),
        replace(WEAK, expect_fingerprints=frozenset({bytes(16)})),
    ):
        with pytest.raises(ForeignVaultError, match="not the expected one"):
            restore(vault, None, wrong)


def test_a_backup_under_an_older_key_is_not_brought_back(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    old = vault.path.read_bytes()
    vault.rekey()
    backup_path(vault.path, 1).write_bytes(old)
    backup_path(vault.path, 1).chmod(0o600)
    with pytest.raises(ForeignVaultError, match="different data key"):
        restore(vault, trust)
