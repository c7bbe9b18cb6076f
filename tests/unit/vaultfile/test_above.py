"""Directories above a vault, and the state directory: who else could exchange what is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyvault.errors import InsecurePermissionsError
from pyvault.files.above import find_exposed
from pyvault.files.file_checks import FileChecks
from pyvault.files.modes import keeps_modes, make_directory, name_of_file_system
from pyvault.storage.choice_file import ChoiceFile
from pyvault.vaultfile.disk.vault_reader import read_header
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from vaults import KEY, WEAK, known_answer, make_vault

ME, OTHER = 1000, 1001
PASSWD = f"me:x:{ME}:{ME}::/:/bin/sh\nother:x:{OTHER}:{OTHER}::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n"
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """``above/home/vault``, private."""
    make_directory(tmp_path / "above" / "home" / "vault")
    return tmp_path / "above"


def accounts(tmp_path: Path, group: str, passwd: str = PASSWD) -> Path:
    place = tmp_path / "etc"
    place.mkdir(mode=0o700)
    (place / "passwd").write_text(passwd)
    (place / "group").write_text(group)
    return place


@pytest.mark.parametrize(
    ("mode", "exposed"),
    [(0o700, False), (0o755, False), (0o757, True), (0o777, True), (0o702, True), (0o1777, False), (0o1770, False)],
)
def test_a_directory_above_that_others_can_write(tree: Path, mode: int, exposed: bool) -> None:
    tree.chmod(mode)
    assert find_exposed(tree / "home" / "vault", user=os.geteuid()) == (tree if exposed else None)
    path = known_answer(tree / "home" / "vault")
    if not exposed:
        assert read_header(path).generation == 1
        return
    with pytest.raises(InsecurePermissionsError, match="who could replace") as caught:
        read_header(path)
    assert caught.value.hint == f"chmod go-w '{tree}'"
    assert read_header(path, FileChecks(modes=False)).generation == 1


@pytest.mark.parametrize(
    ("group", "passwd", "exposed"),
    [
        pytest.param(f"me:x:{ME}:\n", PASSWD, False, id="a private group"),
        pytest.param(f"me:x:{ME}:me\n", PASSWD, False, id="a private group that lists its owner"),
        pytest.param(f"me:x:{ME}:me,other\n", PASSWD, True, id="another member"),
        pytest.param(f"me:x:{ME}:root\n", PASSWD, False, id="root can write anyhow"),
        pytest.param(f"me:x:{ME}:stranger\n", PASSWD, True, id="a member of another service"),
        pytest.param("", PASSWD, False, id="a group without a name"),
        pytest.param(f"me:x:{ME}:\n", PASSWD.replace(f"{OTHER}:{OTHER}", f"{OTHER}:{ME}"), True, id="by first group"),
        pytest.param(f"damaged\nme:x:y:other\nme:x:{ME}:other\n", PASSWD, True, id="lines that are none"),
    ],
)
@only_root
def test_a_directory_above_that_a_group_can_write(
    tree: Path, tmp_path: Path, group: str, passwd: str, exposed: bool
) -> None:
    os.chown(tree, ME, ME)
    tree.chmod(0o770)
    found = find_exposed(tree / "home" / "vault", user=ME, accounts=accounts(tmp_path, group, passwd))
    assert found == (tree if exposed else None)


def test_links_are_resolved_step_by_step(tree: Path, tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    (open_to_all / "link").symlink_to("../above/home")
    (tree / "by way of others").symlink_to(open_to_all / "link")
    # Where it ends nothing is wrong, but whoever may write on the way decides where that is.
    for path in (open_to_all / "link" / "vault", tree / "by way of others" / "vault"):
        assert path.resolve() == tree / "home" / "vault"
        assert find_exposed(path, user=os.geteuid()) == open_to_all
    vault = make_vault(tree / "home" / "vault")
    sources = UnlockSources(keyfile=vault.path.with_name("ci.key"))
    with pytest.raises(InsecurePermissionsError, match="who could replace"):
        Vault.open(open_to_all / "link" / "vault" / "vault.pyv", sources, options=WEAK)
    with pytest.raises(InsecurePermissionsError, match="who could replace"):
        Vault.create(open_to_all / "link" / "vault" / "new.pyv", new_slots=[KeyFileSlot(key=KEY)], options=WEAK)
    (tree / "straight").symlink_to(tree / "home" / "vault" / ".." / "vault")
    assert find_exposed(tree / "straight", user=os.geteuid()) is None
    (tree / "round").symlink_to("round")
    with pytest.raises(OSError, match="symbolic links"):
        find_exposed(tree / "round" / "x", user=os.geteuid())


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_state_directory_that_others_can_write(tmp_path: Path, mode: int) -> None:
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(mode)
    for read in (TrustStore(state / "trust.json").known_states, ChoiceFile(state / "choice.json").load):
        with pytest.raises(InsecurePermissionsError, match="writable by other users"):
            read()
    loose = FileChecks(modes=False)
    assert TrustStore(state / "trust.json", checks=loose).known_states() == {}
    assert ChoiceFile(state / "choice.json", checks=loose).load().backend is None


@only_root
def test_a_state_directory_of_somebody_else(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    os.chown(state, OTHER, OTHER)
    for read in (TrustStore(state / "trust.json").known_states, ChoiceFile(state / "choice.json").load):
        with pytest.raises(InsecurePermissionsError, match=f"belongs to user {OTHER}"):
            read()


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/home/me", "ext4"), ("/mnt/c/Users", "9p"), ("/mnt/c", "9p"), ("/mnt/cd", "ext4"), ("/media/a stick/x", "vfat")],
)
def test_the_name_of_a_file_system(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
        "23 22 0:5 / /mnt/c rw - drvfs C: rw\n"
        "24 22 0:6 / /mnt/c rw - 9p C:\\134 rw,aname=drvfs\n"
        "25 22 8:2 / /media/a\\040stick rw master:2 propagate_from:1 - vfat /dev/sdb1 rw\n"
        "damaged\n"
    )
    assert name_of_file_system(Path(path), mounts) == kind
    assert name_of_file_system(Path(path), tmp_path / "none") == "unknown"


def test_whether_a_file_system_keeps_modes_is_tried_and_nothing_stays(tmp_path: Path) -> None:
    assert keeps_modes(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert keeps_modes(tmp_path / "nowhere")


@pytest.fixture
def without_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system answer as vfat does: every file is open to all, and no mode can be set."""
    really = os.open

    def make_open(path: str, flags: int, mode: int = 0o777, **more: int) -> int:
        old = os.umask(0)
        try:
            return really(path, flags, mode | 0o777, **more)
        finally:
            os.umask(old)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "open", make_open)
    monkeypatch.setattr(os, "fchmod", refuse)


@pytest.mark.usefixtures("without_modes")
@pytest.mark.parametrize("what", ["file", "directory", "directory above"])
def test_a_file_system_that_keeps_no_modes_is_named_and_one_may_insist(tree: Path, what: str) -> None:
    path = known_answer(tree / "home" / "vault")
    {"file": path, "directory": path.parent, "directory above": tree}[what].chmod(0o777)
    with pytest.raises(InsecurePermissionsError, match=r"file system \(\w+\) has no permissions") as caught:
        read_header(path)
    assert "PYVAULT_INSECURE_DIRECTORY=1" in str(caught.value.hint)
    assert "chmod" not in str(caught.value.hint)
    insisted = VaultOptions(checks=FileChecks.of({"PYVAULT_INSECURE_DIRECTORY": "1"}))
    assert read_header(path, insisted.checks).generation == 1
