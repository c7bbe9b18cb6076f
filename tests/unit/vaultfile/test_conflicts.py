"""Conflict copies are found by the names that synchronisers give, and only if they are the same vault."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pyvault.errors import ForkError, RollbackError
from pyvault.secret import Secret
from pyvault.vaultfile.disk.conflict_copies import find_conflict_copies
from pyvault.vaultfile.state.trust_store import TrustStore
from vaults import credential, make_vault, open_again

COPIES = [
    "vault (conflicted copy).pyv",
    "vault (Ann's conflicted copy 2026-01-31).pyv",
    "vault (Konfliktkopie von Jörg 2026-01-31).pyv",
    "vault (conflicted copy 2026-01-31 101112).pyv",
    "vault (1).pyv",
    "vault(1).pyv",
    "vault.sync-conflict-20260131-101112-ABCDEF7.pyv",
    "vault.sync-conflict-20260131-101112.pyv",
    "vault-LAPTOP-4711.pyv",
    "vault-LAPTOP-2.pyv",
    "vault 2.pyv",
    "vault_conflict-20260131-101112.pyv",
    "vault_LOCAL_4711.pyv",
    "vault_REMOTE_4711.pyv",
    "vault.pyv~HEAD",
    "vault.pyv~origin_main",
    "vault.pyv.orig",
]


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_by_its_name(tmp_path: Path, name: str) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    shutil.copy2(vault.path, tmp_path / name)
    (tmp_path / name).chmod(0o644)  # as a synchroniser may leave it
    (copy,) = find_conflict_copies(vault.path, vault.vault_id)
    assert (copy.path, copy.generation) == (tmp_path / name, 2)


@pytest.mark.parametrize(
    "name", ["vault.pyv.bak.1", "vault.pyv.lock", "vault.pyv.pending-0011", "my vault.pyv", "vault 2.txt", "vault2.pyv"]
)
def test_no_copy_by_its_name(tmp_path: Path, name: str) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    shutil.copy2(vault.path, tmp_path / name)
    assert find_conflict_copies(vault.path, vault.vault_id) == []


def test_another_vault_or_none_is_no_copy(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    (tmp_path / "other").mkdir(mode=0o700)
    shutil.copy2(make_vault(tmp_path / "other").path, tmp_path / "vault-work.pyv")
    (tmp_path / "vault (1).pyv").write_bytes(b"")
    (tmp_path / "vault (2).pyv").mkdir()
    (tmp_path / "vault (3).pyv").symlink_to(vault.path)
    assert find_conflict_copies(vault.path, vault.vault_id) == []
    assert find_conflict_copies(tmp_path / "nowhere" / "vault.pyv", vault.vault_id) == []


def test_a_refusal_names_the_copy_and_a_command_that_can_be_pasted(tmp_path: Path) -> None:
    trust = TrustStore(tmp_path / "state" / "trust.json")
    vault = make_vault(tmp_path, items={"a": b"a"}, trust=trust)
    base = vault.path.read_bytes()
    vault.put(credential("b"), Secret(b"b"))
    copy = tmp_path / "vault (Ann's conflicted copy).pyv"
    shutil.copy2(vault.path, copy)
    vault.path.write_bytes(base)
    with pytest.raises(RollbackError, match=r"Ann's conflicted copy\)\.pyv' \(generation 3\)"):
        open_again(vault, trust=trust)
    elsewhere = open_again(vault)
    for name in ("c", "d"):
        elsewhere.put(credential(name), Secret(b"x"))
    with pytest.raises(ForkError, match=r"Ann's conflicted copy\)\.pyv' \(generation 3\)") as caught:
        open_again(vault, trust=trust)
    assert """vault (Ann'"'"'s conflicted copy).pyv' merges""" in (caught.value.hint or "")
