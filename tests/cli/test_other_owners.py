"""In another user's HOME: sudo that keeps it, root in a container, and what root left in ours."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from command_line import PYVAULT, Ended, clean_environ, run_pyvault
from pyvault.errors import AccessDeniedError, ConfigError
from pyvault.files import owners
from pyvault.storage.choice_file import ChoiceFile
from pyvault.vaultfile.state.trust_store import TrustStore

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="is several users"),
    pytest.mark.peer("setpriv"),
]
ANN = 4711
BECOME_ANN = f"sudo -u '#{ANN}', or docker run --user {ANN}"
LOOKING = (("doctor",), ("list",), ("backends", "list"), ("backends", "list", "--probe"), ("backends", "info", "file"), ("vault", "info"), ("vault", "backups"))  # fmt: skip


@pytest.fixture
def home() -> Iterator[Path]:
    """Ann's home, below directories that she may pass."""
    with tempfile.TemporaryDirectory(prefix="ann") as made:
        os.chown(made, ANN, ANN)
        yield Path(made)


def as_ann(home: Path, *words: str, **env: str) -> Ended:
    # Reading files of others (Python's own may lie in root's home) is a power over what pyvault is made of.
    become = ("setpriv", "--reuid", str(ANN), "--regid", str(ANN), "--clear-groups")
    reads = ("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search")
    done = subprocess.run(
        [*become, *reads, PYVAULT, *words], env=clean_environ(home) | env, cwd="/", capture_output=True, check=False
    )
    return Ended(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


@contextmanager
def being_ann() -> Generator[None]:
    """Be Ann in this process, without the power to read what is not hers."""
    os.setegid(ANN)
    os.seteuid(ANN)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def roots(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.lstat().st_uid == 0]


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_looking_makes_nothing_in_it(words: tuple[str, ...], home: Path) -> None:
    ended = run_pyvault(home, *words)
    assert "Traceback" not in ended.err
    assert ended.code != 70, ended.err
    assert roots(home) == []


def test_doctor_of_root_says_whose_it_is(home: Path) -> None:
    ended = run_pyvault(home, "doctor")
    assert f"belongs to user {ANN}" in ended.out
    assert BECOME_ANN in " ".join(ended.out.split())


def test_root_is_never_told_to_take_the_vault_of_another_user(home: Path) -> None:
    key = home / "k"
    made = as_ann(home, "vault", "init", "--keyfile", str(key))
    assert made.code == 0, made.err
    before = {path: path.lstat().st_uid for path in home.rglob("*")}
    for words in (*LOOKING, ("vault", "verify"), ("exec", "x", "--", "true")):
        ended = run_pyvault(home, *words, env={"PYVAULT_KEYFILE": str(key)})
        told = ended.out + ended.err
        assert "chown" not in told
        assert "chmod" not in told
        assert "recreate the file" not in told
    assert BECOME_ANN in run_pyvault(home, "list", env={"PYVAULT_KEYFILE": str(key)}).err
    owned = run_pyvault(home, "list", env={"PYVAULT_KEYFILE": str(key), "XDG_STATE_HOME": str(home.parent)})
    assert owned.code == 5
    assert {path: path.lstat().st_uid for path in home.rglob("*")} == before
    assert as_ann(home, "list", PYVAULT_KEYFILE=str(key)).code == 0


def test_what_root_left_names_its_owner_and_the_way_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = home / ".local"
    state = local / "state" / "pyvault"
    state.mkdir(parents=True)
    (state / "trust.json").write_text("{}")
    (state / "trust.json").chmod(0o600)
    for directory in (state, state.parent, local):
        directory.chmod(0o700)
    way = f"sudo chown -R {ANN} '{local}'"
    monkeypatch.setenv("HOME", str(home))
    assert owners.current_user() == 0
    with being_ann(), pytest.raises(AccessDeniedError, match="can't read the trust file") as caught:
        TrustStore(state / "trust.json").known_states()
    assert caught.value.hint == f"'{local}' belongs to user 0: {way}"
    with being_ann(), pytest.raises(ConfigError, match="can't be read") as unread:
        ChoiceFile(state / "choice.json").load()
    assert way in (unread.value.hint or "")
    ended = as_ann(home, "vault", "init", "--keyfile", str(home / "k"))
    assert ended.code == 1
    assert f"belongs to user 0: {way}" in ended.err
    told = as_ann(home, "doctor").out
    assert way in " ".join(told.split())
    assert "chmod" not in told
    assert "vault backups" not in told
    subprocess.run(["chown", "-R", str(ANN), str(local)], check=True)
    assert as_ann(home, "vault", "init", "--keyfile", str(home / "k2")).code == 0


def test_a_key_file_and_a_directory_of_somebody_else(home: Path) -> None:
    key = home / "k"
    assert as_ann(home, "vault", "init", "--keyfile", str(key)).code == 0
    os.chown(key, 4712, 4712)
    key.chmod(0o644)
    refused = as_ann(home, "list", PYVAULT_KEYFILE=str(key))
    assert "belongs to user 4712" in refused.err
    assert "sudo -u '#4712'" in refused.err
    shared = home / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    wide = as_ann(home, "vault", "init", "--keyfile", str(home / "k2"), PYVAULT_FILE=str(shared / "v.pyv"))
    assert "is writable by other users" in wide.err
    assert f"it belongs to user 0: sudo chown -R {ANN} '{shared}'" in wide.err
    assert "chmod" not in wide.err
