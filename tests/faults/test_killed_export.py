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
from pyvault.migration.vault_export import NewVaultFile
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.vault import Vault

PATIENCE = 60.0  # seconds until the command counts as hanging
ITEMS = 12  # each is one write of the new file, so there is time to be killed in
KILLED_BEFORE_THE_VAULT_HAS_ITS_NAME = """
import os, shutil, signal, sys
from pathlib import Path
from pyvault.migration.vault_export import NewVaultFile
from pyvault.vaultfile.state.trust_store import TrustStore
file, key, trust = map(Path, sys.argv[1:])
NewVaultFile(file, key, TrustStore(trust)).__enter__()
shutil.copy(f"{file}.unfinished/key", key)
os.kill(os.getpid(), signal.SIGKILL)
"""

KILLED_ONCE_THE_VAULT_HAS_ITS_NAME = """
import os, signal, sys
from pathlib import Path
from pyvault.migration.vault_export import NewVaultFile
from pyvault.vaultfile.state.trust_store import TrustStore
class Dying(TrustStore):
    def follow(self, old, new):
        os.kill(os.getpid(), signal.SIGKILL)
file, key, trust = map(Path, sys.argv[1:])
NewVaultFile(file, key, Dying(trust)).__enter__().publish()
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
    left = {"travel.pyv.unfinished", "travel.pyv.unfinished.lock", "travel.pyv.key.unfinished.lock"}
    assert {each.name for each in away.iterdir()} == left
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
    with NewVaultFile(file, key, TrustStore(trust)) as new:
        new.publish()
    assert sorted(each.name for each in place.iterdir()) == ["travel.key", "travel.pyv"]
    Vault.open(file, UnlockSources(keyfile=key)).close()


@pytest.mark.parametrize("fate", ["written", "moved"])
def test_a_key_whose_vault_is_out_stays_whatever_becomes_of_that(place: Path, fate: str) -> None:
    file, key, trust = place / "travel.pyv", place / "travel.key", place.parent / "trust.json"
    script = [sys.executable, "-c", KILLED_ONCE_THE_VAULT_HAS_ITS_NAME, str(file), str(key), str(trust)]
    assert subprocess.run(script, check=False).returncode == -signal.SIGKILL
    content = key.read_bytes()
    match fate:
        case "written":
            with Vault.open(file, UnlockSources(keyfile=key)) as vault:
                vault.put(credential_name("only-here"), Secret(b"x"))
        case _:
            file.rename(place.parent / "elsewhere")
    with pytest.raises(VaultExistsError), NewVaultFile(file, key, TrustStore(trust)):
        pass
    assert key.read_bytes() == content


def test_a_folder_of_somebody_else_stays_as_it_is(place: Path) -> None:
    folder = place / "travel.pyv.unfinished"
    folder.mkdir()
    for name in ("key", "vault", "vault-notes.txt"):
        (folder / name).write_text("mine")
    with (
        pytest.raises(VaultExistsError, match=r"vault-notes\.txt"),
        NewVaultFile(place / "travel.pyv", None, TrustStore(place.parent / "trust.json")),
    ):
        pass
    assert sorted(each.name for each in folder.iterdir()) == ["key", "vault", "vault-notes.txt"]


def test_a_key_file_of_somebody_else_stays(place: Path) -> None:
    file, key, trust = place / "travel.pyv", place / "travel.key", place.parent / "trust.json"
    script = [sys.executable, "-c", KILLED_BEFORE_THE_VAULT_HAS_ITS_NAME, str(file), str(key), str(trust)]
    subprocess.run(script, check=False)
    key.write_text("mine")
    with pytest.raises(VaultExistsError, match=r"travel\.key"), NewVaultFile(file, key, TrustStore(trust)):
        pass
    assert [(each.name, each.read_text()) for each in place.iterdir()] == [("travel.key", "mine")]


def test_what_failed_leaves_no_file_and_no_key(place: Path) -> None:
    file, key = place / "travel.pyv", place / "travel.key"
    with NewVaultFile(file, key, TrustStore(place.parent / "trust.json")) as new:
        file.write_text("somebody was quicker")
        with pytest.raises(VaultExistsError):
            new.publish()
    assert [each.name for each in place.iterdir()] == ["travel.pyv"]


def test_the_new_file_is_remembered_under_its_own_name(place: Path) -> None:
    file, key, trust = place / "travel.pyv", place / "travel.key", TrustStore(place.parent / "trust.json")
    with NewVaultFile(file, key, trust) as new:
        Vault.open(Path(new.options["path"]), UnlockSources(keyfile=Path(new.options["keyfile"])), trust=trust).close()
        new.publish()
    assert [seen.path for seen in trust.known_states().values()] == [str(file)]
