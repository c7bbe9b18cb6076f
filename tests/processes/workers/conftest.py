"""A vault for programs, and how one of them is run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import clean_environ
from fake_aws.client import FakeAws
from vaults import key_file

PROGRAMS = Path(__file__).parent / "programs"
FILL = """
import os
from shop import opened
from pyvault import Secret
with opened() as vault:
    vault.put("demo", access_key_id=os.environ["ID"], secret_access_key=Secret(os.environ["KEY"]))
    vault.credentials("reader")
"""

Report = dict[str, int]
Run = Callable[..., Report]


@pytest.fixture
def run(fake_aws: FakeAws, tmp_path: Path) -> Run:
    """Run a program so many rounds, and return what it reports."""
    home = tmp_path / "home"
    home.mkdir()
    config = home / "config"
    config.write_text(f"[profile reader]\nsource_profile = demo\nrole_arn = {fake_aws.role_arn('reader')}\n")
    pair = fake_aws.demo_key()
    key_file(home)
    environ = {
        **clean_environ(home),
        **fake_aws.environ(),
        "AWS_CONFIG_FILE": str(config),
        "PYTHONPATH": str(PROGRAMS),
        "SHOP": str(home),
        "ROUNDS": "0",
    }
    filling = {**environ, "ID": pair.access_key_id, "KEY": pair.secret_access_key}
    subprocess.run([sys.executable, "-c", FILL], env=filling, cwd=home, check=True)

    def run_program(name: str, *words: str, rounds: int) -> Report:
        done = subprocess.run(
            [sys.executable, str(PROGRAMS / f"{name}.py"), *words],
            env={**environ, "ROUNDS": str(rounds)},
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
            timeout=300 + 30 * rounds,  # what hangs ends itself before
        )
        assert done.returncode == 0, done.stderr
        report: Report = json.loads(done.stdout)
        assert report["errors"] == [], "\n".join(map(str, report["errors"])) + done.stderr  # type: ignore[attr-defined,call-overload]
        assert (report["hung"], report["wrong"], report["failed"]) == (0, 0, 0), done.stderr
        return report

    return run_program
