"""``kill -9`` of ``vault export``: nothing half-written stands under a final name, and the next try is not in its way."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from command_line import PYVAULT, run_pyvault, variables
from pyvault.errors import VaultExistsError
from pyvault.moving.new_vault import NewVaultFile
from pyvault.vaultfile.trust import Trust
from pyvault.vaultfile.unlock import UnlockSources
from pyvault.vaultfile.vault import Vault

PATIENCE = 60.0  # seconds until the command counts as hanging
ITEMS = 12  # each is one write of the new file, so there is time to be killed in
KILLED_BEFORE_THE_VAULT_HAS_ITS_NAME = """
import os, shutil, signal, sys
from pathlib import Path
from pyvault.moving.new_vault import NewVaultFile
from pyvault.vaultfile.trust import Trust
file, key, trust = map(Path, sys.argv[1:])
NewVaultFile(file, key, Trust(trust)).__enter__()
shutil.copy(f"{file}.unfinished/key", key)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_export_leaves_nothing_that_the_next_one_meets(tmp_path: Path) -> None:
    env = {"PYVAULT_KEYFILE": str(tmp_path / "key"), "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}
    assert run_pyvault(tmp_path, "vault", "init", "--keyfile", "key", env=env).code == 0
    for number in range(ITEMS):
        secret = {"AWS_SECRET_ACCESS_KEY": f"pLaNtEd-{number}"}
        words = ("add", f"p{number}", "--env", "--no-verify", "--no-add-config")
        assert run_pyvault(tmp_path, *words, env=env | secret).code == 0
    away = tmp_path / "away"
    away.mkdir(mode=0o700)
    words = ["vault", "export", str(away / "travel.pyv"), "--to", "keyfile"]
    child = subprocess.Popen([PYVAULT, *words], cwd=tmp_path, env=variables(tmp_path, env), stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE
    while child.poll() is None and not (away / "travel.pyv.unfinished/vault").exists():
        assert time.monotonic() < end, "the command hangs"
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert child.returncode == -signal.SIGKILL, "it was quicker than the kill"
    assert {each.name for each in away.iterdir()} == {"travel.pyv.unfinished", "travel.pyv.unfinished.lock"}
    ended = run_pyvault(tmp_path, *words, env=env)
    assert ended.code == 0, ended.err
    assert {each.name for each in away.iterdir()} == {"travel.pyv", "travel.pyv.key"}
    with Vault.open(away / "travel.pyv", UnlockSources(keyfile=away / "travel.pyv.key")) as vault:
        assert vault.verify() == ITEMS


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "away"
    folder.mkdir(mode=0o700)
    return folder


def test_a_key_whose_vault_never_got_its_name_goes_with_the_next_try(place: Path) -> None:
    file, key, trust = place / "travel.pyv", place / "travel.key", place.parent / "trust.json"
    script = [sys.executable, "-c", KILLED_BEFORE_THE_VAULT_HAS_ITS_NAME, str(file), str(key), str(trust)]
    assert subprocess.run(script, check=False).returncode == -signal.SIGKILL
    assert key.exists()
    with NewVaultFile(file, key, Trust(trust)) as new:
        new.publish()
    assert sorted(each.name for each in place.iterdir()) == ["travel.key", "travel.pyv"]
    Vault.open(file, UnlockSources(keyfile=key)).close()


def test_a_key_file_of_somebody_else_stays(place: Path) -> None:
    file, key, trust = place / "travel.pyv", place / "travel.key", place.parent / "trust.json"
    script = [sys.executable, "-c", KILLED_BEFORE_THE_VAULT_HAS_ITS_NAME, str(file), str(key), str(trust)]
    subprocess.run(script, check=False)
    key.write_text("mine")
    with pytest.raises(VaultExistsError, match=r"travel\.key"), NewVaultFile(file, key, Trust(trust)):
        pass
    assert [(each.name, each.read_text()) for each in place.iterdir()] == [("travel.key", "mine")]


def test_what_failed_leaves_no_file_and_no_key(place: Path) -> None:
    file, key = place / "travel.pyv", place / "travel.key"
    with NewVaultFile(file, key, Trust(place.parent / "trust.json")) as new:
        file.write_text("somebody was quicker")
        with pytest.raises(VaultExistsError):
            new.publish()
    assert [each.name for each in place.iterdir()] == ["travel.pyv"]


def test_the_new_file_is_remembered_under_its_own_name(place: Path) -> None:
    file, key, trust = place / "travel.pyv", place / "travel.key", Trust(place.parent / "trust.json")
    with NewVaultFile(file, key, trust) as new:
        Vault.open(Path(new.options["path"]), UnlockSources(keyfile=Path(new.options["keyfile"])), trust=trust).close()
        new.publish()
    assert [seen.path for seen in trust.sightings().values()] == [str(file)]
