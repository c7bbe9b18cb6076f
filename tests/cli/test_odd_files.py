"""A pipe, a device, a directory or an endless file in the place of a file that every command reads: told at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from command_line import Environ, Pyvault

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kinds of files that Windows lacks")

STATE = Path(".local", "state", "pyvault")


@pytest.mark.parametrize(
    ("place", "kind", "reason"),
    [
        (STATE / "trust.json", "pipe", "it is a pipe and not a file"),
        (STATE / "choice.json", "device", "it is a device and not a file"),
        (Path(".config", "pyvault", "config.toml"), "sparse", "it has more than"),
        (Path(".aws", "config"), "pipe", "it is a pipe and not a file"),
        (Path(".aws", "credentials"), "directory", "it is a directory"),
    ],
    ids=str,
)
def test_a_file_that_is_none_stops_the_command_at_once(
    pyvault: Pyvault, keyed: Environ, tmp_path: Path, place: Path, kind: str, reason: str
) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "directory":
            path.mkdir()
        case _:
            path.touch()
            os.truncate(path, 1 << 40)
    ended = pyvault("export", "x", env={**keyed, "PYVAULT_BACKEND": None})
    assert ended.code == 5, ended.err
    assert str(path) in ended.err
    assert reason in ended.err
    assert "internal" not in ended.err


def test_no_key_file_is_made_for_a_vault_whose_lock_is_none(pyvault: Pyvault, tmp_path: Path) -> None:
    vault = tmp_path / "v" / "vault.pyv"
    (tmp_path / "v" / "vault.pyv.lock").mkdir(parents=True)
    vault.parent.chmod(0o700)
    key = tmp_path / "key"
    made = ("vault", "init", "--keyfile", str(key))
    refused = pyvault(*made, env={"PYVAULT_FILE": str(vault), "PYVAULT_KDF": "min"})
    assert (refused.code, key.exists()) == (1, False)
    assert "can't open the lock" in refused.err
    (tmp_path / "v" / "vault.pyv.lock").rmdir()
    assert pyvault(*made, env={"PYVAULT_FILE": str(vault), "PYVAULT_KDF": "min"}).code == 0
