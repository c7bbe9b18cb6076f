"""The keyring of the kernel in tests: whether it is there, and keys that end with the test.

All processes of a user share it, also those of tests that run at the same time; so each
test has a state directory of its own, from which descriptions of keys are made.
"""

from __future__ import annotations

import errno
import uuid
from pathlib import Path

from pyvault.login.halves import end_halves
from pyvault.login.kernel_keyring import KEY_SIZE, kernel_keyring
from pyvault.login.runtime_directory import Place

PURPOSES = ("unlock", "sso", "warm")


def refusal() -> str | None:
    """Why this machine has no keyring; None if it has one."""
    keyring = kernel_keyring()
    if keyring is None:
        return "no kernel keyring on this system"
    trial = f"pyvault-test:{uuid.uuid4()}"
    try:
        keyring.add(trial, bytes(KEY_SIZE), seconds=60)
    except OSError as exc:
        return f"the kernel keyring is refused: {errno.errorcode.get(exc.errno or 0)}"
    found = keyring.find(trial)
    keyring.end(trial)
    return None if found == bytes(KEY_SIZE) else "the kernel keyring doesn't return its keys"


def end_keys(runtime: Path, state: Path) -> None:
    """End all keys of a state directory."""
    for purpose in PURPOSES:
        end_halves(Place(str(runtime), str(state)), purpose)
