"""A type checker sees the public names, and no others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import pyvault

PROGRAM = """\
import pyvault
from datetime import timedelta

with pyvault.open_vault("memory", home="/tmp") as vault:
    names: list[str] = [each.profile for each in vault.list()]
    text: str = vault.plan("ci").text
    variables: dict[str, str] = vault.credentials("ci", duration=timedelta(hours=1)).env()
    pyvault.open_vualt()
    pyvault.Secrets("x")
    vault.credentails("ci")
    vault.credentials("ci", duration=900)
    vault.put("ci", access_key_id="AKIA", secret_access_key="x")
from pyvault import creat_vault
"""
WRONG = {8: "open_vualt", 9: "Secrets", 10: "credentails", 11: "duration", 12: "secret_access_key", 13: "creat_vault"}


def test_mypy_refuses_each_misspelt_name(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "program.py").write_text(PROGRAM)
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--no-error-summary", "program.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(Path(pyvault.__file__).parent.parent), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    told = {int(line.split(":")[1]): line for line in ended.stdout.splitlines() if ": error:" in line}
    assert told.keys() == WRONG.keys(), ended.stdout + ended.stderr
    assert all(name in told[number] for number, name in WRONG.items()), ended.stdout
