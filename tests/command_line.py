"""The command run as a program, with a home and an environment of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import starts

PYVAULT = Path(sys.executable).with_name("pyvault")
KAT1 = Path(__file__).parent / "vectors" / "kat1.pyv"
KAT1_PASSPHRASE = "Café correct horse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that has come to its end."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self) -> str:
        return self.stdout.decode()

    @property
    def err(self) -> str:
        return self.stderr.decode()


#: The processes of a user share what is kept for a login; who tests that turns it on, with names of its own.
NOTHING_KEPT = {"PYVAULT_UNLOCK_TTL": "0", "PYVAULT_WARM": "0"}

Pyvault = Callable[..., Ended]
Environ = Mapping[str, str | None]


def clean_environ(home: Path) -> dict[str, str]:
    """What a fresh login has, and what measures coverage."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    return {
        **kept,
        "HOME": str(home),
        "PATH": f"{PYVAULT.parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "PYVAULT_BACKEND": "file",
        "PYVAULT_KDF": "min",
        **NOTHING_KEPT,
    }


def variables(home: Path, env: Environ | None = None) -> dict[str, str]:
    """Give the variables of a clean login and *env*, in which None takes one away."""
    wanted: Environ = {**clean_environ(home), **(env or {})}
    return {name: value for name, value in wanted.items() if value is not None}


def run_pyvault(
    home: Path,
    *words: str,
    env: Environ | None = None,
    stdin: bytes = b"",
    pass_fds: tuple[int, ...] = (),
    cwd: Path | None = None,
) -> Ended:
    """Run ``pyvault`` without a terminal, in *home*, to its end."""
    ended = starts.run(
        [PYVAULT, *words],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
        start_new_session=True,
        cwd=cwd or home,
        env=variables(home, env),
        pass_fds=pass_fds,
    )
    return Ended(code=ended.returncode, stdout=ended.stdout, stderr=ended.stderr)
