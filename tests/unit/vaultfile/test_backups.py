"""Earlier states are kept, listed and brought back, and session vaults keep none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pyvault.errors import ForeignVaultError, ItemNotFoundError, TamperedError, VaultFileError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.disk.backups import backup_path, delete_backups, keep_backup, list_backups
from pyvault.vaultfile.disk.vault_reader import read_header
from pyvault.vaultfile.format.header import MAX_GENERATION
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.vault import Vault
from vaults import WEAK, contents, credential, known_answer, make_vault, open_again


def written(tmp_path: Path, times: int, trust: TrustStore | None = None) -> Vault:
    vault = make_vault(tmp_path, trust=trust)
    for number in range(times):
        vault.put(credential("a"), Secret(str(number).encode()))
    return vault


def restore(vault: Vault, number: int, trust: TrustStore | None = None) -> Vault:
    sources = UnlockSources(keyfile=vault.path.with_name("ci.key"))
    return Vault.restore(vault.path, number, sources, trust=trust, options=WEAK)


def test_the_last_five_states_are_kept_the_newest_first(tmp_path: Path) -> None:
    vault = written(tmp_path, 9)
    assert [(backup.number, backup.generation) for backup in list_backups(vault.path)] == [
        (1, 9),
        (2, 8),
        (3, 7),
        (4, 6),
        (5, 5),
    ]
    assert all(backup.path.stat().st_mode & 0o777 == 0o600 for backup in list_backups(vault.path))
    assert all(backup.path.stat().st_nlink == 1 for backup in list_backups(vault.path))


def test_a_gap_is_filled_and_no_backup_lost(tmp_path: Path) -> None:
    vault = written(tmp_path, 9)
    backup_path(vault.path, 3).unlink()
    vault.put(credential("a"), Secret(b"x"))
    assert [backup.generation for backup in list_backups(vault.path)] == [10, 9, 8, 6, 5]


def test_a_writer_that_was_killed_before_its_rename_does_not_double_a_backup(tmp_path: Path) -> None:
    vault = written(tmp_path, 2)
    keep_backup(vault.path)
    keep_backup(vault.path)
    assert [backup.generation for backup in list_backups(vault.path)] == [3, 2, 1]


def test_without_hard_links_they_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    vault = written(tmp_path, 1)
    monkeypatch.setattr(os, "link", refuse)
    before = vault.path.read_bytes()
    vault.put(credential("a"), Secret(b"x"))
    newest = backup_path(vault.path, 1)
    assert newest.read_bytes() == before
    assert newest.stat().st_mode & 0o777 == 0o600


def test_restoring_writes_a_new_generation(tmp_path: Path) -> None:
    trust = TrustStore(tmp_path / "trust.json")
    vault = written(tmp_path, 4, trust)
    assert vault.get(credential("a")) == Secret(b"3")
    back = restore(vault, 2, trust)
    assert back.get(credential("a")) == Secret(b"1")
    assert back.generation == 6
    assert [backup.generation for backup in list_backups(vault.path)] == [5, 4, 3, 2, 1]
    assert contents(open_again(vault, trust=trust)) == {"a": b"1"}
    assert contents(vault) == {"a": b"1"}  # a live handle goes along
    assert contents(restore(vault, 1, trust)) == {"a": b"3"}  # and it can be undone


@pytest.mark.parametrize("harm", ["missing", "truncated", "garbage", "header", "directory open to others"])
def test_restoring_is_for_vaults_in_trouble(tmp_path: Path, harm: str) -> None:
    trust = TrustStore(tmp_path / "state" / "trust.json")
    vault = written(tmp_path, 3, trust)
    match harm:
        case "missing":
            vault.path.unlink()
        case "truncated":
            os.truncate(vault.path, 300)
        case "garbage":
            vault.path.write_bytes(os.urandom(5000))
        case "header":
            content = vault.path.read_bytes()
            vault.path.write_bytes(content[:48] + MAX_GENERATION.to_bytes(8, "big") + content[56:])
        case _:
            vault.path.chmod(0o644)
    back = restore(vault, 1, trust)
    assert contents(back) == {"a": b"1"}
    assert back.generation == 5  # above everything that is trusted, not above what an attacker wrote
    assert contents(open_again(vault, trust=trust)) == {"a": b"1"}


@pytest.mark.parametrize("number", [0, 4, 6, -1, 1000])
def test_backups_that_are_not_there(tmp_path: Path, number: int) -> None:
    vault = written(tmp_path, 3)
    with pytest.raises(ItemNotFoundError, match=f"no backup {number} "):
        restore(vault, number)


def test_a_damaged_or_foreign_backup_changes_nothing(tmp_path: Path) -> None:
    vault = written(tmp_path, 3)
    before = vault.path.read_bytes()
    backup = backup_path(vault.path, 1)
    whole = backup.read_bytes()
    backup.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(TamperedError, match="credential/a"):
        restore(vault, 1)
    backup.write_bytes(whole[:100])
    with pytest.raises(VaultFileError):
        restore(vault, 1)
    assert list_backups(vault.path)[0].generation is None
    (tmp_path / "kat").mkdir(mode=0o700)
    shutil.copyfile(known_answer(tmp_path / "kat"), backup)
    with pytest.raises(ForeignVaultError):
        restore(vault, 1)
    assert vault.path.read_bytes() == before


def test_backups_can_be_purged(tmp_path: Path) -> None:
    vault = written(tmp_path, 9)
    assert delete_backups(vault.path) == 5
    assert delete_backups(vault.path) == 0
    assert list_backups(vault.path) == []


def test_session_vaults_keep_no_backups(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, options=replace(WEAK, durable=False))
    for number in range(3):
        vault.put(credential("a"), Secret(bytes([number])))
    assert list_backups(vault.path) == []


def test_leftovers_of_others_stay(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    names = {"vault.pyv.pending-old": False, "vault.pyv.other": True, "sessions.pyv.pending-x": True}
    for name in names:
        (tmp_path / name).write_bytes(b"")
    vault.put(credential("a"), Secret(b"a"))
    assert {name: (tmp_path / name).exists() for name in names} == names


def test_a_generation_that_cannot_grow(tmp_path: Path) -> None:
    from pyvault.errors import WriteFailedError
    from pyvault.vaultfile.disk.write import write_draft
    from pyvault.vaultfile.state.draft import Draft

    vault = make_vault(tmp_path)
    handle = vault._handle
    assert handle is not None
    draft = replace(Draft.of(handle.snapshot, handle.keys), generation=MAX_GENERATION)
    with pytest.raises(WriteFailedError, match="highest generation"):
        write_draft(vault.path, draft, base=None, check_in_place=lambda: None, options=WEAK)
    assert read_header(vault.path).generation == 1
