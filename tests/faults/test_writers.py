"""Many processes at once, and processes that are shot."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from pyvault.vaultfile.state.trust_store import TrustStore
from vaults import contents, make_vault, open_again

HERE = Path(__file__).parent
PROGRAM = HERE / "writer.py"


def start(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(path), name, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])},
    )


def test_sixteen_processes_adding_twenty_five_entries_each(tmp_path: Path) -> None:
    trust = TrustStore(tmp_path / "trust.json")
    vault = make_vault(tmp_path, trust=trust)
    writers = [start(vault.path, f"writer{number}", 25) for number in range(16)]
    for writer in writers:
        _, errors = writer.communicate(timeout=180)
        assert writer.returncode == 0, errors

    with open_again(vault, trust=trust) as seen:
        assert seen.verify() == 400
        assert {entry.name.name for entry in seen.entries()} == {
            f"writer{writer}-{number}" for writer in range(16) for number in range(25)
        }
        assert seen.generation == 401  # not one write was lost or doubled


def test_random_kills(tmp_path: Path) -> None:
    """Two writers, shot at seeded moments; what they had finished is there, whole and in order."""
    moments = random.Random(20251123)
    trust = TrustStore(tmp_path / "trust.json")
    vault = make_vault(tmp_path, items={"bystander": b"untouched"}, trust=trust)
    generation = vault.generation
    for _ in range(12):
        pair = [start(vault.path, name, 0) for name in ("one", "two")]
        for writer in pair:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "open\n"
        time.sleep(moments.uniform(0.0, 0.12))
        for writer in pair:
            writer.send_signal(signal.SIGKILL)
            writer.communicate()
        with open_again(vault, trust=trust) as seen:
            seen.verify()
            assert seen.generation >= generation
            generation = seen.generation
            items = contents(seen)
        assert items.pop("bystander") == b"untouched"
        for name, payload in items.items():
            writer_name, _, number = name.partition("-")
            first = payload.split(writer_name.encode() + b" ")[1]
            assert int(first) % 25 == int(number)
            assert payload == f"{writer_name} {int(first)}".encode() * 50
    assert generation > 12
