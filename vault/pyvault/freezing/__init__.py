"""For PyInstaller: its hooks for us are beside this file, found through the entry point ``pyinstaller40``.

Source: the manual of PyInstaller, "Providing PyInstaller Hooks with your Package".
"""

from __future__ import annotations

import os


def hook_directories() -> list[str]:
    """Return where the hooks are."""
    return [os.path.dirname(__file__)]  # noqa: PTH120 - PyInstaller takes texts
