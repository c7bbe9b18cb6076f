"""Secrets in the kernel's memory, in a scope that has to be named.

A model after 99designs/keyring's ``keyctl`` backend.
"""

from __future__ import annotations

SCOPES = ("user", "usersession", "session", "process", "thread")


class KernelKeyring:
    def __init__(self, scope: str = "") -> None:
        self._scope = scope
        self._memory: dict[str, str] = {}

    def write(self, key: str, secret: str) -> str:
        """Store a secret; gives the error."""
        if self._scope not in SCOPES:
            return f"unknown scope {self._scope!r}"
        self._memory[key] = secret
        return ""

    def read(self, key: str) -> str | None:
        return self._memory.get(key)

    def restart_machine(self) -> None:
        self._memory.clear()
