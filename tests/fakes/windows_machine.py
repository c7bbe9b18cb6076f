"""Put the stand-in for pywin32-ctypes on the path for one test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

WINDOWS = Path(__file__).parent / "windows"
MODULES = ("win32ctypes", "win32ctypes.pywin32", "win32ctypes.pywin32.pywintypes", "win32ctypes.pywin32.win32cred")


def be_windows(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credential Manager keeps its items in the directory *kept*; child processes see it too."""
    monkeypatch.setattr(sys, "path", [str(WINDOWS), *sys.path])
    monkeypatch.setenv("FAKE_WINCRED", str(kept))
    monkeypatch.setenv("PYTHONPATH", str(WINDOWS))
    be_elsewhere(monkeypatch)


def be_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the stand-in, now and at the end of the test."""
    for module in MODULES:
        monkeypatch.setitem(sys.modules, module, None)  # so that there is something to take away at the end
        monkeypatch.delitem(sys.modules, module)
