"""What the programs here have in common: a vault that is there already, and a report of what happened."""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pyvault
from pyvault import CredentialVault, Secret

PLACE = Path(os.environ["SHOP"])
ROUNDS = int(os.environ["ROUNDS"])
LIMIT = 60  #: seconds after which something hangs
SESSION, ROLE = "demo", "reader"


def opened() -> CredentialVault:
    return pyvault.open_vault("file", options={"path": str(PLACE / "team.pyv"), "keyfile": str(PLACE / "ci.key")})


def put(vault: CredentialVault, profile: str, number: int) -> None:
    key = Secret(f"{number:040}")
    vault.put(profile, access_key_id=f"AKIA{number:016}", secret_access_key=key)


def is_whole(vault: CredentialVault, profile: str) -> bool:
    """Return whether a pair is one that was put, and not half of each of two."""
    pair = vault.get(profile)
    return int(pair.access_key_id.removeprefix("AKIA")) == int(pair.secret_access_key.reveal())


def work(vault: CredentialVault, number: int, *, refresh: bool = False) -> None:
    """Do what a request of a service does."""
    who = f"worker-{os.getpid()}-{threading.get_ident()}"
    vault.get(SESSION)
    assert vault.credentials(ROLE, refresh=refresh).session_token
    if number % 3 == 0:
        put(vault, who, number)
        assert is_whole(vault, who)
        vault.delete(who)


class Busy:
    """Threads that use the vault for the length of a ``with``."""

    def __init__(self, vault: CredentialVault, *tasks: Callable[[CredentialVault], object]) -> None:
        self._done = threading.Event()
        self._vault = vault
        self.errors: list[str] = []
        self._threads = [threading.Thread(target=self._repeat, args=(task,), daemon=True) for task in tasks]

    def _repeat(self, task: Callable[[CredentialVault], object]) -> None:
        while not self._done.is_set():
            try:
                task(self._vault)
            except Exception:  # noqa: BLE001 - reported
                self.errors.append(traceback.format_exc())
                return

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(LIMIT)
            if thread.is_alive():
                self.errors.append("a thread of the parent hangs")


BUSY = (
    lambda vault: vault.get(SESSION),
    lambda vault: vault.credentials(ROLE),
    lambda vault: vault.credentials(ROLE, refresh=True),
    lambda vault: put(vault, "busy", random.randrange(10**9)),
)


def report(seen: Counter[str], errors: list[str]) -> None:
    json.dump({**seen, "errors": errors[:3], "failed": len(errors)}, sys.stdout)
    sys.stdout.flush()
