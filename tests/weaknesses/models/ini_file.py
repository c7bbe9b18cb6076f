"""Encrypted values in one INI file, as keyrings.cryptfile and keyrings.alt keep them.

A model after the known facts: sections and options of configparser, which
writes option names in lower case and reserves ``DEFAULT``; a key derivation
for each value, its cost a constant of the program; the file read, changed and
written back without a lock; a passphrase that stays in use although it was
found to be wrong.
"""

from __future__ import annotations

import configparser
import hashlib
import os
from pathlib import Path
from typing import ClassVar, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pyvault.backend import Ask, Options, Question
from pyvault.errors import BackendError, BackendLockedError, ItemNotFoundError
from pyvault.names import ItemName, credential_name
from pyvault.secret import Secret

SERVICE = "pyvault"
REFERENCE = ("keyring-setting", "reference")
ITERATIONS = "1000"


class IniFile:
    """Options: ``path``; ``name_is`` (``user`` or ``service``); ``iterations``, which stands for the constant."""

    API_VERSION: ClassVar[int] = 1

    def __init__(self, options: Options, ask: Ask) -> None:
        self._path = Path(options["path"])
        self._by_service = options.get("name_is") == "service"
        self._iterations = int(options.get("iterations", ITERATIONS))
        self._ask = ask
        self._passphrase: str | None = None
        self.derivations = 0

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        return cls(options, ask)

    def get(self, name: ItemName) -> Secret[bytes]:
        self._unlock()
        return Secret(self._read(*self._place(name)))

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        self._unlock()
        self._write(*self._place(name), data.reveal())

    def delete(self, name: ItemName) -> None:
        section, option = self._place(name)
        config = self._load()
        if not config.has_section(section) or not config.remove_option(section, option):
            raise ItemNotFoundError(f"there is no item '{name}'")
        self._save(config)

    def names(self) -> list[ItemName]:
        config = self._load()
        if self._by_service:
            return [credential_name(section) for section in config.sections() if section != REFERENCE[0]]
        return [credential_name(option) for option in (config.options(SERVICE) if config.has_section(SERVICE) else [])]

    def close(self) -> None:
        """Nothing is held open."""

    def _place(self, name: ItemName) -> tuple[str, str]:
        return (name.name, SERVICE) if self._by_service else (SERVICE, name.name)

    def _unlock(self) -> None:
        if self._passphrase is not None:
            return
        self._passphrase = self._ask(Question(key="passphrase", prompt="passphrase")).reveal()
        if not self._path.exists():
            self._write(*REFERENCE, b"reference")
        try:
            self._read(*REFERENCE)
        except BackendError:
            raise BackendLockedError("wrong passphrase") from None  # and it is kept all the same

    def _read(self, section: str, option: str) -> bytes:
        try:
            sealed = bytes.fromhex(self._load().get(section, option))
        except configparser.Error:
            raise ItemNotFoundError(f"there is no item '{option}'") from None
        except ValueError:
            raise BackendError("not hexadecimal") from None
        return self._opened(sealed, f"{section}\0{option}".encode())

    def _write(self, section: str, option: str, value: bytes) -> None:
        sealed = self._sealed(value, f"{section}\0{option}".encode())
        self._make()
        config = self._load()
        try:
            if not config.has_section(section):
                config.add_section(section)
        except ValueError as exc:
            raise BackendError(str(exc)) from None
        config.set(section, option, sealed.hex())
        self._save(config)

    def _make(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists():
            self._path.touch()
            self._path.chmod(0o600)

    def _load(self) -> configparser.RawConfigParser:
        config = configparser.RawConfigParser()
        try:
            config.read(self._path)
        except configparser.Error as exc:
            raise BackendError(f"can't read the file: {type(exc).__name__}") from None
        return config

    def _save(self, config: configparser.RawConfigParser) -> None:
        with self._path.open("w") as file:
            config.write(file)

    def _key(self, salt: bytes) -> bytes:
        self.derivations += 1
        return hashlib.pbkdf2_hmac("sha256", (self._passphrase or "").encode(), salt, self._iterations)

    def _sealed(self, value: bytes, associated: bytes) -> bytes:
        salt = os.urandom(16)
        return salt + AESGCM(self._key(salt)).encrypt(salt[:12], value, associated)

    def _opened(self, sealed: bytes, associated: bytes) -> bytes:
        try:
            return AESGCM(self._key(sealed[:16])).decrypt(sealed[:12], sealed[16:], associated)
        except InvalidTag:
            raise BackendError("MAC check failed") from None


class IniFileWithoutMac(IniFile):
    """As in keyrings.alt: a cipher and nothing that holds the text together, or to its name."""

    def _sealed(self, value: bytes, associated: bytes) -> bytes:
        salt = os.urandom(16)
        return salt + self._stream(salt, b"pw:" + value)

    def _opened(self, sealed: bytes, associated: bytes) -> bytes:
        value = self._stream(sealed[:16], sealed[16:])
        if not value.startswith(b"pw:"):
            raise BackendError("Incorrect Password")
        return value[3:]

    def _stream(self, salt: bytes, text: bytes) -> bytes:
        return Cipher(algorithms.AES(self._key(salt)), modes.CTR(salt)).encryptor().update(text)
