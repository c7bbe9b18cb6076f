"""What a vault file may be, whose, and where."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from pyvault.errors import (
    AccessDeniedError,
    InsecurePermissionsError,
    NotAVaultError,
    VaultExistsError,
    VaultNotFoundError,
)
from pyvault.files.file_checks import FileChecks
from pyvault.secret import Secret
from pyvault.vaultfile.disk.vault_reader import read_header
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from vaults import KEY, WEAK, by_passphrase, contents, credential, known_answer, make_vault, open_again

SOMEBODY = 12345
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def test_a_missing_vault(tmp_path: Path) -> None:
    with pytest.raises(VaultNotFoundError, match="nowhere"):
        Vault.open(tmp_path / "nowhere.pyv", by_passphrase("x"))
    with pytest.raises(VaultNotFoundError):
        read_header(known_answer(tmp_path) / "below a file")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610, 0o601])
def test_a_file_open_to_others(tmp_path: Path, mode: int) -> None:
    path = known_answer(tmp_path)
    path.chmod(mode)
    with pytest.raises(InsecurePermissionsError) as caught:
        read_header(path)
    assert caught.value.hint == f"chmod 600 '{path}'"


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777, 0o720])
def test_a_directory_where_others_can_write(tmp_path: Path, mode: int) -> None:
    path = known_answer(tmp_path)
    tmp_path.chmod(mode)
    try:
        with pytest.raises(InsecurePermissionsError) as caught:
            read_header(path)
        assert caught.value.hint == f"chmod 700 '{tmp_path}'"
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_a_directory_that_others_can_only_read(tmp_path: Path, mode: int) -> None:
    path = known_answer(tmp_path)
    tmp_path.chmod(mode)
    assert read_header(path).generation == 1


@only_root
def test_somebody_elses_file_and_directory(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    os.chown(path, SOMEBODY, SOMEBODY)
    with pytest.raises(InsecurePermissionsError, match=str(SOMEBODY)) as caught:
        read_header(path)
    assert (caught.value.hint or "").startswith(f"run it as that user (sudo -u '#{SOMEBODY}'")
    os.chown(path, 0, 0)
    os.chown(tmp_path, SOMEBODY, SOMEBODY)
    with pytest.raises(InsecurePermissionsError, match="directory"):
        read_header(path)


def test_systems_without_modes_check_none(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    path.chmod(0o666)
    assert read_header(path, FileChecks(modes=False)).generation == 1


def test_a_link_is_refused_and_the_hint_names_the_file(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    link = tmp_path / "link.pyv"
    link.symlink_to(path)
    with pytest.raises(InsecurePermissionsError, match="symbolic link") as caught:
        read_header(link)
    assert caught.value.hint == f"use the file itself: '{os.path.realpath(path)}'"


def test_links_to_the_directory_are_followed(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    vault = make_vault(real, items={"a": b"a"})
    (tmp_path / "link").symlink_to(real)
    there = Vault.open(tmp_path / "link" / "vault.pyv", UnlockSources(keyfile=real / "ci.key"), options=WEAK)
    assert there.path == vault.path
    there.put(credential("b"), Secret(b"b"))
    assert contents(vault) == {"a": b"a", "b": b"b"}


def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "fifo.pyv"
    os.mkfifo(path, 0o600)
    with pytest.raises(NotAVaultError, match="not a regular file"):
        read_header(path)


def test_a_directory_a_device_and_a_socket(tmp_path: Path) -> None:
    (tmp_path / "directory.pyv").mkdir()
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "s"))
    try:
        for path in (tmp_path / "directory.pyv", tmp_path / "s"):
            with pytest.raises(NotAVaultError, match="not a regular file"):
                read_header(path)
        with pytest.raises((NotAVaultError, AccessDeniedError)):
            read_header(Path("/dev/null"))
    finally:
        server.close()


def test_a_hard_link_keeps_the_old_content(tmp_path: Path) -> None:
    """Writing replaces the name, never the bytes: whoever linked the file keeps what he had."""
    vault = make_vault(tmp_path, items={"a": b"a"})
    other = tmp_path / "elsewhere"
    other.hardlink_to(vault.path)
    before = other.read_bytes()
    vault.put(credential("b"), Secret(b"b"))
    assert other.read_bytes() == before
    assert contents(open_again(vault)) == {"a": b"a", "b": b"b"}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_modes_of_what_is_made_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        vault = Vault.create(tmp_path / "new" / "vault.pyv", new_slots=[KeyFileSlot(key=KEY)], options=WEAK)
        vault.put(credential("a"), Secret(b"a"))
    finally:
        os.umask(old)
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in vault.path.parent.iterdir()}
    assert modes.pop("vault.pyv") == 0o600
    assert modes.pop("vault.pyv.bak.1") == 0o600
    assert modes.pop("vault.pyv.lock") & 0o177 == 0
    assert modes == {}
    assert vault.path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("there", ["file", "directory", "link", "dangling link"])
def test_creation_refuses_an_existing_path(tmp_path: Path, there: str) -> None:
    path = tmp_path / "vault.pyv"
    match there:
        case "file":
            path.write_bytes(b"")
        case "directory":
            path.mkdir()
        case "link":
            path.symlink_to(known_answer(tmp_path))
        case _:
            path.symlink_to(tmp_path / "nothing")
    with pytest.raises(VaultExistsError):
        Vault.create(path, new_slots=[KeyFileSlot(key=KEY)], options=VaultOptions())
    assert os.path.lexists(path)


def test_creation_in_a_directory_where_others_can_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)
    with pytest.raises(InsecurePermissionsError):
        Vault.create(tmp_path / "vault.pyv", new_slots=[KeyFileSlot(key=KEY)])
    assert list(tmp_path.iterdir()) == []
