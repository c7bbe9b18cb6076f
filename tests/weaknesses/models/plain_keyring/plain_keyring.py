"""A keyring of plain text that can be used everywhere, so that it is used wherever nothing better is.

A model after keyrings.alt's. Only child processes have it on their path.
"""

from __future__ import annotations

import json
from pathlib import Path

from keyring.backend import KeyringBackend


class PlainKeyring(KeyringBackend):
    priority = 0.5  # pyright: ignore[reportAssignmentType]  # a class property in the library

    def get_password(self, service: str, username: str) -> str | None:
        return self._load().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._file().write_text(json.dumps(self._load() | {f"{service} {username}": password}))

    def _load(self) -> dict[str, str]:
        return dict(json.loads(self._file().read_text())) if self._file().exists() else {}

    def _file(self) -> Path:
        return Path.home() / "passwords.json"
