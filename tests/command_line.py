"""The command run as a program, with a home and an environment of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

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
    }
