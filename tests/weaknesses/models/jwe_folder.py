"""A folder of encrypted files, one for each item, as 99designs/keyring's ``file`` backend keeps them.

A model after the known facts: JWE with PBKDF2 of 8192 iterations, files called
as their items with ``%`` and ``/`` escaped, written in place, listed by reading
the folder; the passphrase is whatever was typed, the name inside is not looked
at, and what the file asks for is done.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import ClassVar, Self

from peers.jwe_writer import decrypt, encrypt, iterations_of
from pyvault.backend import Ask, Options, Question
from pyvault.errors import BackendError, ItemNotFoundError
from pyvault.names import ItemName, Kind, credential_name
from pyvault.secret import Secret

ITERATIONS = 8192


class JweFolder:
    API_VERSION: ClassVar[int] = 1

    def __init__(self, folder: Path, ask: Ask) -> None:
        self._folder = folder
        self._ask = ask
        self._passphrase: str | None = None
        self.spent: list[int] = []  # iterations

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        folder = Path(options["path"])
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
        return cls(folder, ask)

    def get(self, name: ItemName) -> Secret[bytes]:
        try:
            token = self._file(name).read_text()
        except FileNotFoundError:
            raise ItemNotFoundError(f"there is no item '{name}'") from None
        except OSError as exc:
            raise BackendError(f"can't read '{name}': {exc.strerror}") from exc
        try:
            self.spent.append(iterations_of(token))
            item = json.loads(decrypt(token, self._unlocked()))
        except ValueError:
            raise BackendError("unexpected end of JSON, or a wrong passphrase") from None
        return Secret(base64.b64decode(item["Data"]))

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        item = {"Key": name.name, "Data": base64.b64encode(data.reveal()).decode()}
        token = encrypt(json.dumps(item).encode(), self._unlocked(), iterations=ITERATIONS)
        try:
            descriptor = os.open(self._file(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - a descriptor
                written = 0
                while written < len(token):
                    written += file.write(token[written:].encode())
        except OSError as exc:
            raise BackendError(f"can't write '{name}': {exc.strerror}") from exc

    def delete(self, name: ItemName) -> None:
        try:
            self._file(name).unlink()
        except FileNotFoundError:
            raise ItemNotFoundError(f"there is no item '{name}'") from None

    def names(self) -> list[ItemName]:
        try:
            files = os.listdir(self._folder)  # noqa: PTH208 - the names are wanted
        except OSError:
            files = []
        return [credential_name(file.replace("%2F", "/").replace("%25", "%")) for file in files]

    def close(self) -> None:
        """Nothing is held open."""

    def _unlocked(self) -> str:
        if self._passphrase is None:
            self._passphrase = self._ask(Question(key="passphrase", prompt="passphrase")).reveal()
        return self._passphrase

    def _file(self, name: ItemName) -> Path:
        text = name.name if name.kind is Kind.CREDENTIAL else _session_key(name)
        return self._folder / text.replace("%", "%25").replace("/", "%2F")


class SessionFolder(JweFolder):
    """Renews an item as aws-vault renews a session: the old one is removed, then the new one is set."""

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        if self._file(name).exists():
            self.delete(name)
        super().put(name, data)


def _session_key(name: ItemName) -> str:
    profile = base64.urlsafe_b64encode(name.name.encode()).decode().rstrip("=")
    return f"{name.kind},{profile},,1600000000"
