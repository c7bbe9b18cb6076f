"""How the command is run in these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import Ended, Environ, Pyvault, run_pyvault


@pytest.fixture
def pyvault(tmp_path: Path) -> Pyvault:
    """Run ``pyvault`` without a terminal; ``env`` adds variables, None takes one away."""

    def run(*words: str, env: Environ | None = None, stdin: bytes = b"", pass_fds: tuple[int, ...] = ()) -> Ended:
        return run_pyvault(tmp_path, *words, env=env, stdin=stdin, pass_fds=pass_fds)

    return run


@pytest.fixture
def keyed(pyvault: Pyvault, tmp_path: Path) -> Environ:
    """Make a vault that a key file opens, without the cost of a KDF; gives the variables for it."""
    keyfile = tmp_path / "keyfile"
    assert pyvault("vault", "init", "--keyfile", str(keyfile)).code == 0
    return {"PYVAULT_KEYFILE": str(keyfile)}
