"""A full and a read-only disk under the command: a clear error, exit code 1, the vault untouched."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from command_line import PYVAULT, variables

#: Runs in a mount namespace of its own; $1 is the place, $2 is pyvault.
SCRIPT = """
set -eu
mount -t tmpfs -o size=64k,mode=0700 tmpfs "$1"
"$2" vault init --keyfile "$PYVAULT_KEYFILE"
add() { printf 'AKIAIOSFODNN7EXAMPLE\\nwJalrXUtnFEMI\\n' | "$2" add "$1" --stdin --no-verify --no-add-config; }
add first "$2"
before=$(cksum "$PYVAULT_FILE")
dd if=/dev/zero of="$1/filler" bs=1k count=64 2>/dev/null || true
add second "$2" && exit 90 || [ $? = 1 ]
[ "$before" = "$(cksum "$PYVAULT_FILE")" ] || exit 91
"$2" vault verify
rm "$1/filler"
mount -o remount,ro "$1"
add second "$2" && exit 92 || [ $? = 1 ]
"$2" remove first --force && exit 93 || [ $? = 1 ]
[ "$before" = "$(cksum "$PYVAULT_FILE")" ] || exit 94
"$2" vault entries
"""


def may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="needs the right to mount in a namespace of its own")
def test_a_full_disk_then_a_read_only_one(tmp_path: Path) -> None:
    place = tmp_path / "small disk"
    place.mkdir(mode=0o700)
    env = {"PYVAULT_FILE": str(place / "vault.pyv"), "PYVAULT_KEYFILE": str(tmp_path / "key")}
    ended = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", SCRIPT, "sh", str(place), str(PYVAULT)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=variables(tmp_path, env),
    )
    assert ended.returncode == 0, ended.stderr
    assert "error: can't write" in ended.stderr
    assert "No space left on device" in ended.stderr
    assert ended.stderr.count("Read-only file system") == 2
    assert "intact: generation 2, 1 entry" in ended.stdout
    assert "Traceback" not in ended.stderr
