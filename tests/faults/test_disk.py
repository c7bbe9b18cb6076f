"""Full disks, read-only places and limits: a clear error, and the vault untouched."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pyvault.errors import WriteFailedError
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot
from pyvault.vaultfile.vault import Vault
from vaults import KEY, WEAK, contents, credential, make_vault, open_again

HERE = Path(__file__).parent

FILL = """
import sys
from pathlib import Path
from vaults import contents, credential, make_vault, open_again
from pyvault.errors import WriteFailedError
from pyvault.secret import Secret
from pyvault.vaultfile.disk.backups import delete_backups
place = Path(sys.argv[1])
vault = make_vault(place, items={"first": b"first"})
failed = None
for number in range(200):
    before = contents(vault)
    try:
        vault.put(credential(f"n{number}"), Secret(bytes(20000)))
    except WriteFailedError as exc:
        failed = exc.message
        break
assert failed is not None, "the disk never filled"
assert "No space left on device" in failed, failed
again = open_again(vault)
again.verify()
assert contents(again) == before
assert not [entry for entry in place.iterdir() if ".pending-" in entry.name]
delete_backups(again.path)  # what `vault purge` does
again.delete(credential("n0"))
again.verify()
print("ok")
"""

READ_ONLY = """
import subprocess, sys
from pathlib import Path
from vaults import contents, credential, make_vault, open_again
from pyvault.errors import WriteFailedError
from pyvault.secret import Secret
place = Path(sys.argv[1])
vault = make_vault(place, items={"first": b"first"})
subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
before = vault.path.read_bytes()
for change in (
    lambda: vault.put(credential("second"), Secret(b"second")),
    lambda: vault.delete(credential("first")),
    lambda: vault.rekey(),
):
    try:
        change()
    except WriteFailedError as exc:
        assert "Read-only file system" in exc.message, exc.message
    else:
        raise AssertionError("a read-only place was written")
assert vault.path.read_bytes() == before
assert contents(open_again(vault)) == {"first": b"first"}  # reading needs no lock and no writing
print("ok")
"""


def in_a_small_file_system(program: str, place: Path, size: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a mount namespace of its own, with a small tmpfs at *place*."""
    script = f'mount -t tmpfs -o size={size},mode=0700 tmpfs "$1" && exec "$2" -c "$3" "$1"'
    return subprocess.run(
        [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            script,
            "sh",
            str(place),
            sys.executable,
            program,
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])},
        timeout=60,
        check=False,
    )


def may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


needs_mounts = pytest.mark.skipif(not may_mount(), reason="needs the right to mount in a namespace of its own")


@needs_mounts
def test_a_full_disk(tmp_path: Path) -> None:
    done = in_a_small_file_system(FILL, tmp_path, "400k")
    assert done.stdout == "ok\n", done.stderr


@needs_mounts
def test_a_read_only_file_system(tmp_path: Path) -> None:
    done = in_a_small_file_system(READ_ONLY, tmp_path, "1m")
    assert done.stdout == "ok\n", done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere; the read-only file system covers it")
def test_a_directory_without_the_right_to_write(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"first": b"first"})
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(WriteFailedError, match="Permission denied"):
            vault.put(credential("second"), Secret(b"second"))
        assert contents(open_again(vault)) == {"first": b"first"}
    finally:
        tmp_path.chmod(0o700)


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"first": b"first"})
    before = vault.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, hard))
    try:
        with pytest.raises(WriteFailedError, match="File too large"):
            vault.put(credential("second"), Secret(bytes(100_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert vault.path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir() if ".pending-" in entry.name) == []
    vault.put(credential("second"), Secret(b"second"))
    assert contents(vault) == {"first": b"first", "second": b"second"}


def test_a_place_that_can_hold_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "data" / "vault.pyv"
    with pytest.raises(WriteFailedError, match="can't create the directory"):
        Vault.create(path, new_slots=[KeyFileSlot(key=KEY)], options=WEAK)
