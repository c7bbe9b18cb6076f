"""Credential Manager as its documentation has it: one JSON file, names without case, 2 560 bytes.

``FAKE_WINCRED`` names a directory; a file ``error`` in it holds the code that
every call fails with.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from win32ctypes.pywin32.pywintypes import error

CRED_TYPE_GENERIC = 1
CRED_PERSIST_SESSION = 1
CRED_PERSIST_LOCAL_MACHINE = 2
CRED_PERSIST_ENTERPRISE = 3
MAX_BLOB = 2560


@contextmanager
def _opened(function: str) -> Generator[dict[str, dict[str, Any]]]:
    directory = Path(os.environ["FAKE_WINCRED"])
    forced = directory / "error"
    if forced.exists():
        raise error(int(forced.read_text()), function, "as the test wants it")
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = directory / "credentials.json"
        kept = json.loads(file.read_text()) if file.exists() else {}
        yield kept
        new = directory / "credentials.json.new"
        new.write_text(json.dumps(kept))
        new.replace(file)


def CredWrite(Credential: dict[str, Any], Flags: int = 0) -> None:  # noqa: N802, N803 - its real names
    blob = Credential["CredentialBlob"].encode("utf-16-le")  # the library takes text only
    if len(blob) > MAX_BLOB:
        raise error(1783, "CredWrite", "The stub received bad data.")
    with _opened("CredWrite") as kept:
        kept[Credential["TargetName"].lower()] = Credential | {"CredentialBlob": base64.b64encode(blob).decode()}


def CredRead(TargetName: str, Type: int, Flags: int = 0) -> dict[str, Any]:  # noqa: N802, N803 - its real names
    with _opened("CredRead") as kept:
        if TargetName.lower() not in kept:
            raise error(1168, "CredRead", "Element not found.")
        return _given(kept[TargetName.lower()])


def CredDelete(TargetName: str, Type: int, Flags: int = 0) -> None:  # noqa: N802, N803 - its real names
    with _opened("CredDelete") as kept:
        if kept.pop(TargetName.lower(), None) is None:
            raise error(1168, "CredDelete", "Element not found.")


def CredEnumerate(Filter: str | None = None, Flags: int = 0) -> list[dict[str, Any]]:  # noqa: N802, N803 - its real names
    prefix = (Filter or "*").removesuffix("*").lower()
    with _opened("CredEnumerate") as kept:
        found = [_given(credential) for target, credential in kept.items() if target.startswith(prefix)]
    if not found:
        raise error(1168, "CredEnumerate", "Element not found.")
    return found


def _given(credential: dict[str, Any]) -> dict[str, Any]:
    return credential | {"CredentialBlob": base64.b64decode(credential["CredentialBlob"])}
