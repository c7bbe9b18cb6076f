"""Make keyring's unmodified macOS module load the stand-in library; importing this does it.

Its own module because the suite's child processes import it too.
"""

from __future__ import annotations

import ctypes.util
import os
import platform

from pyvault_backends.keychain import KeychainBackend

_find_library = ctypes.util.find_library
_system = platform.system
FRAMEWORKS = ("Security", "CoreServices", "Foundation")


def find_library(name: str) -> str | None:
    return os.environ["FAKE_SECURITY"] if name in FRAMEWORKS else _find_library(name)


ctypes.util.find_library = find_library
platform.system = lambda: "Darwin"

import keyring.backends.macOS  # noqa: E402, F401 - it loads the library when it is imported

ctypes.util.find_library = _find_library
platform.system = _system


class Keychain(KeychainBackend):
    """The driver, told that this is macOS."""

    @staticmethod
    def _is_macos() -> bool:
        return True
