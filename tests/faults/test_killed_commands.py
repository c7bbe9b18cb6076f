"""``kill -9`` at seeded moments of real commands: the vault opens afterwards, as it was or as it was to be."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from command_line import PYVAULT, Environ, run_pyvault, variables
from pyvault.errors import WrongKeyError
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.vault import Vault
from vaults import by_passphrase, contents

ROUNDS = [1, pytest.param(25, marks=pytest.mark.slow)]
PATIENCE = 60.0  # seconds until a command counts as hanging
LONGEST_WRITE = 0.03  # seconds: from the lock to the rename and what follows it
PAIR = b"AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI\n"
COMMANDS = {
    "add": ["add", "new", "--stdin", "--no-verify", "--no-add-config"],
    "remove": ["remove", "old", "--force"],
    "passwd": ["vault", "passwd"],
    "rekey": ["vault", "rekey"],
}


def kill_while_writing(home: Path, words: list[str], env: Environ, moment: float) -> None:
    """Start a command, and kill it *moment* seconds after its lock or its pending file is seen."""
    place = home / ".local/share/pyvault"
    before = (place / "vault.pyv.lock").stat().st_mtime_ns
    child = subprocess.Popen(
        [PYVAULT, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=variables(home, env),
    )
    assert child.stdin is not None
    child.stdin.write(PAIR)
    child.stdin.close()
    end = time.monotonic() + PATIENCE
    while child.poll() is None and (place / "vault.pyv.lock").stat().st_mtime_ns == before:
        assert time.monotonic() < end, "the command hangs"
    time.sleep(moment)
    child.send_signal(signal.SIGKILL)
    child.wait()


def opened(path: Path, keyfile: Path) -> dict[str, bytes]:
    with Vault.open(path, UnlockSources(keyfile=keyfile)) as vault:
        vault.verify()
        return contents(vault)


def opens(path: Path, passphrase: str) -> bool:
    try:
        Vault.open(path, by_passphrase(passphrase)).close()
    except WrongKeyError:
        return False
    return True


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("command", COMMANDS)
def test_old_or_new(tmp_path: Path, command: str, rounds: int) -> None:
    moments = random.Random(command)
    keyfile, path = tmp_path / "key", tmp_path / ".local/share/pyvault/vault.pyv"
    env = {"PYVAULT_KEYFILE": str(keyfile)}
    assert run_pyvault(tmp_path, "vault", "init", "--keyfile", str(keyfile), env=env).code == 0
    added = run_pyvault(tmp_path, "add", "old", *COMMANDS["add"][2:], env=env, stdin=PAIR)
    assert added.code == 0, added.err
    if command == "passwd":
        slot = run_pyvault(tmp_path, "vault", "slot", "add", "--passphrase", env={**env, "PYVAULT_NEW_PASSPHRASE": "0"})
        assert slot.code == 0, slot.err
    possible = {"0"}
    for number in range(1, rounds + 1):
        before = opened(path, keyfile)
        tried: Environ = env
        if command == "passwd":
            current = next(secret for secret in possible if opens(path, secret))
            possible = {current, str(number)}
            tried = {"PYVAULT_PASSPHRASE": current, "PYVAULT_NEW_PASSPHRASE": str(number)}
        kill_while_writing(tmp_path, COMMANDS[command], tried, moments.uniform(0, LONGEST_WRITE))
        after = opened(path, keyfile)
        changed = before.keys() ^ after.keys()
        assert changed <= {"add": {"new"}, "remove": {"old"}}.get(command, set())
        assert {name: after[name] for name in before if name in after} == {
            name: before[name] for name in after if name in before
        }
        if command == "passwd":
            assert any(opens(path, secret) for secret in possible)
    # The next writer tidies up what the dead one left, and works.
    assert run_pyvault(tmp_path, "add", "last", *COMMANDS["add"][2:], env=env, stdin=PAIR).code == 0
    assert not [each for each in path.parent.iterdir() if ".pending-" in each.name]
