"""Backends of ``keyring`` for tests: one that works, some with the faults of real ones."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import InitError, KeyringLocked, PasswordDeleteError


class FileKeyring(KeyringBackend):
    """Passwords in a JSON file under a lock; ``TEXT_KEYRING`` names it."""

    priority = 1  # pyright: ignore[reportAssignmentType]  # a class property in the library

    def get_password(self, service: str, username: str) -> str | None:
        with self._opened() as kept:
            return kept.get(f"{service}\n{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        with self._opened() as kept:
            kept[f"{service}\n{username}"] = password

    def delete_password(self, service: str, username: str) -> None:
        with self._opened() as kept:
            if kept.pop(f"{service}\n{username}", None) is None:
                raise PasswordDeleteError("not found")

    @contextmanager
    def _opened(self) -> Generator[dict[str, str]]:
        path = Path(os.environ["TEXT_KEYRING"])
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = json.loads(path.read_text()) if path.exists() else {}
            yield kept
            path.with_suffix(".new").write_text(json.dumps(kept))
            path.with_suffix(".new").replace(path)


class LowerCasingKeyring(FileKeyring):
    """Loses the case of user names, as configparser does."""

    def get_password(self, service: str, username: str) -> str | None:
        return super().get_password(service, username.lower())

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username.lower(), password)


class DeletingKeyring(FileKeyring):
    """Replaces a password by deleting and adding it, as keyring's macOS module does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.get_password(service, username) is not None:
            self.delete_password(service, username)
        super().set_password(service, username, password)


class ForgetfulKeyring(FileKeyring):
    """Says nothing and keeps nothing, like ``keyring.backends.null``."""

    def set_password(self, service: str, username: str, password: str) -> None:
        return


class LockedKeyring(FileKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("PLANTED")


class SilentKeyring(FileKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise InitError("org.freedesktop.DBus.Error.NoReply: Did not receive a reply. PLANTED")


class BrokenKeyring(FileKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise ZeroDivisionError("PLANTED")
