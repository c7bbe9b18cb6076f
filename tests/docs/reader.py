"""What a reader of the documents does before trying an example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import starts
from fake_aws.client import FakeAws


def run(argv: list[str], environ: Mapping[str, str], cwd: Path, given: str = "") -> str:
    done = starts.run(
        argv, env=dict(environ), cwd=cwd, input=given, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def store_ci_user(environ: Mapping[str, str], aws: FakeAws, home: Path) -> None:
    """Make a vault that a key file opens, with the profile of most examples."""
    run(["pyvault", "vault", "init", "--keyfile", environ["PYVAULT_KEYFILE"]], environ, home)
    run(["pyvault", "add", "ci-user", "--env"], {**environ, **aws.environ("demo")}, home)
