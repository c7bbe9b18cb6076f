"""How the command is run in these tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from command_line import PYVAULT, Ended, Pyvault, clean_environ


@pytest.fixture
def pyvault(tmp_path: Path) -> Pyvault:
    """Run ``pyvault`` without a terminal; ``env`` adds variables, None takes one away."""

    def run(
        *words: str, env: dict[str, str | None] | None = None, stdin: bytes | None = None, **options: object
    ) -> Ended:
        variables: dict[str, str | None] = {**clean_environ(tmp_path), **(env or {})}
        ended = subprocess.run(
            [PYVAULT, *words],
            input=stdin if stdin is not None else b"",
            capture_output=True,
            check=False,
            timeout=120,
            start_new_session=True,
            cwd=tmp_path,
            env={name: value for name, value in variables.items() if value is not None},
            **options,  # type: ignore[call-overload]  # pass_fds and its kin, as subprocess.run knows them
        )
        return Ended(code=ended.returncode, stdout=ended.stdout, stderr=ended.stderr)

    return run


@pytest.fixture
def keyed(pyvault: Pyvault, tmp_path: Path) -> dict[str, str | None]:
    """Make a vault that a key file opens, without the cost of a KDF; gives the variables for it."""
    keyfile = tmp_path / "keyfile"
    assert pyvault("vault", "init", "--keyfile", str(keyfile)).code == 0
    return {"PYVAULT_KEYFILE": str(keyfile)}
