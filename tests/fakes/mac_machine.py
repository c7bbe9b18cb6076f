"""Build the stand-in for Security.framework, and put it below keyring's macOS module for one test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

MACOS = Path(__file__).parent / "macos"


def build_security(folder: Path) -> Path:
    built = folder / "libfakesecurity.so"
    source = MACOS / "fakesecurity.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", built, source], check=True)
    return built


def be_mac(library: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let ``fake_mac`` be imported, here and in child processes; gives the file that is the keychain."""
    monkeypatch.syspath_prepend(str(MACOS))
    monkeypatch.setenv("FAKE_SECURITY", str(library))
    monkeypatch.setenv("FAKE_KEYCHAIN", str(folder / "keychain"))
    return folder / "keychain"
