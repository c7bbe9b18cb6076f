"""How the command is run in these tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from command_line import PYVAULT, Ended, Environ, Pyvault, clean_environ


@pytest.fixture
def pyvault(tmp_path: Path) -> Pyvault:
    """Run ``pyvault`` without a terminal; ``env`` adds variables, None takes one away."""

    def run(*words: str, env: Environ | None = None, stdin: bytes = b"", pass_fds: tuple[int, ...] = ()) -> Ended:
        variables: Environ = {**clean_environ(tmp_path), **(env or {})}
        ended = subprocess.run(
            [PYVAULT, *words],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=120,
            start_new_session=True,
            cwd=tmp_path,
            env={name: value for name, value in variables.items() if value is not None},
            pass_fds=pass_fds,
        )
        return Ended(code=ended.returncode, stdout=ended.stdout, stderr=ended.stderr)

    return run


@pytest.fixture
def keyed(pyvault: Pyvault, tmp_path: Path) -> Environ:
    """Make a vault that a key file opens, without the cost of a KDF; gives the variables for it."""
    keyfile = tmp_path / "keyfile"
    assert pyvault("vault", "init", "--keyfile", str(keyfile)).code == 0
    return {"PYVAULT_KEYFILE": str(keyfile)}
