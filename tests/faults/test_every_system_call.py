"""A fault at any system call of a write leaves the old state or the new one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROGRAM = HERE / "nursery.py"
SECONDS = 240
FEWEST_CALLS = 40  # fewer would mean that the faults no longer meet the write path

OLD = "[('changed', b'old'), ('gone', b'gone'), ('kept', b'kept')] ['old'] epoch 1"
NEW = {
    "put": "[('changed', b'new'), ('gone', b'gone'), ('kept', b'kept')] ['old'] epoch 1",
    "delete": "[('changed', b'old'), ('kept', b'kept')] ['old'] epoch 1",
    "passwd": "[('changed', b'old'), ('gone', b'gone'), ('kept', b'kept')] ['new'] epoch 1",
    "rekey": "[('changed', b'old'), ('gone', b'gone'), ('kept', b'kept')] ['old'] epoch 2",
    "several": "[('changed', b'old'), ('first', b'1'), ('kept', b'kept'), ('second', b'2')] ['old'] epoch 1",
    "restore": "[] ['old'] epoch 1",
    "merge": "[('changed', b'old'), ('first', b'1'), ('gone', b'gone'), ('kept', b'kept')] ['old'] epoch 1",
}
NEW["create"] = f"{OLD}, second vault with 0 items"
REVOKING = {"passwd", "rekey"}
KNOWN_FILES = {
    "ci.key",
    "trust.json",
    "trust.lock",
    "vault.pyv",
    "vault.pyv.lock",
    "second.pyv",
    "second.pyv.lock",
    "vault (1).pyv",
    "writer",
}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the faults strike in forked children")


def run(mode: str, operation: str, directory: Path) -> list[dict[str, Any]]:  # Any: values of JSON
    path = os.pathsep.join([str(HERE.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(PROGRAM), mode, operation, str(directory)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("operation", NEW)
@pytest.mark.parametrize("mode", ["kill", "tear", "fail"])
def test_old_or_new(tmp_path: Path, mode: str, operation: str) -> None:
    outcomes = run(mode, operation, tmp_path)

    assert len(outcomes) > FEWEST_CALLS
    assert outcomes[-1]["ending"] == "done"
    assert {outcome["state"] for outcome in outcomes} == {OLD, NEW[operation]}
    for outcome in outcomes[:-1]:
        allowed = {"failed", "unharmed"} if mode == "fail" else {"killed"}
        assert outcome["ending"] in allowed, outcome
        if outcome["ending"] == "unharmed":
            assert outcome["state"] == NEW[operation], outcome
        assert_tidy(outcome, operation)


def assert_tidy(outcome: dict[str, Any], operation: str) -> None:
    """After the next write no temporary file is left, and nothing that was taken away is in a backup."""
    backups = set(outcome["files"]) - KNOWN_FILES
    assert all(name.startswith("vault.pyv.bak.") for name in backups), outcome
    if operation in REVOKING and outcome["state"] == NEW[operation]:
        assert backups == {"vault.pyv.bak.1"}, outcome
