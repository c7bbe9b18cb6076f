"""A machine with a store of every kind, each with one profile that is called after it, and the doors to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from keyring.errors import KeyringError

import pyvault
from fakes.text_keyring import FileKeyring
from pyvault.errors import PyvaultError
from pyvault.model import StoredCredentials
from pyvault.names import ItemName, Kind, credential_name
from pyvault.secret import Secret
from pyvault.storage.item_codec import encode_credentials
from pyvault.storage.registry import load_backend
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot, NewSlot, PassphraseSlot, StoreKeySlot
from pyvault.vaultfile.unlock.store_key import StoreKeys
from pyvault.vaultfile.vault import Vault
from pyvault_backends._safe_names import encode_name
from pyvault_backends.keyring_bridge import PyvaultKeyring
from pyvault_cli.commandline import exit_codes
from pyvault_cli.main import run
from vaults import CHEAP, KEY, WEAK, key_file

PASSPHRASE = "correct horse"
RING = f"{FileKeyring.__module__}.{FileKeyring.__qualname__}"
PAIR = StoredCredentials(
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    secret_access_key=Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    created=datetime(2026, 1, 1, tzinfo=UTC),
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a user sets, and the store that this means.

    ``{home}`` stands for the machine's directory everywhere.

    Attributes:
        words, backend, options: what the command line is given, and a program's equal arguments.
        environ: the variables.
        config: the text of config.toml.
        record: the text of choice.json.
        finds: the profile of the store that is meant; None where it can't be opened.
        code: of the error, as an exit code.
        own_words: each door has its own way to say that nobody can be asked.
    """

    words: tuple[str, ...] = ()
    backend: str | None = None
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    config: str = ""
    record: str = ""
    finds: str | None = None
    code: int = 0
    own_words: bool = False


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a door shows: the profiles, or its error and the exit code of that."""

    profiles: tuple[str, ...] = ()
    code: int = 0
    error: str = ""


class Machine:
    """The stores, in one directory."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._patch = monkeypatch
        self._capfd = capfd
        self.safe = f"safe of {home}"  # stores in memory are shared by the process, and tests must not share them
        self._set("HOME", str(home))
        self._set("TEXT_KEYRING", str(home / "ring.json"))
        self._set("PATH", str(home / "bin"))
        key_file(home)
        (home / "passphrase").write_text(PASSPHRASE)
        (home / "passphrase").chmod(0o600)
        self._make_pass_store()
        for name in ("red", "blue"):
            self._fill("memory", {"name": f"{name} of {home}"}, name)
        self._fill("keyring", {"class": RING}, "ring")
        keys = StoreKeys(load_backend("memory").open({"name": self.safe}, self._nobody))
        team: list[NewSlot] = [
            KeyFileSlot(key=KEY),
            PassphraseSlot(passphrase=Secret(PASSPHRASE), cost=CHEAP),
            StoreKeySlot(keep=keys.keep),
        ]
        self._make_vault(home / "team.pyv", "team", team)
        default = home / ".local" / "share" / "pyvault"
        default.mkdir(parents=True, mode=0o700)
        self._make_vault(default / "vault.pyv", "at-home", [KeyFileSlot(key=KEY)])

    def set(self, row: Row) -> None:
        """Make the settings of a row those of this process."""
        for name, value in row.environ.items():
            self._set(name, self._here(value))
        for text, path in (
            (row.config, self.home / ".config" / "pyvault" / "config.toml"),
            (row.record, self.home / ".local" / "state" / "pyvault" / "choice.json"),
        ):
            if text:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                path.write_text(self._here(text))

    def by_command(self, row: Row, *words: str) -> tuple[int, str, str]:
        """Run the command in this process, without a human."""
        self._capfd.readouterr()
        code = run([*(self._here(word) for word in row.words), "--no-input", *words])
        shown = self._capfd.readouterr()
        return code, shown.out, shown.err

    def program(self, row: Row) -> pyvault.CredentialVault:
        """Open what a program opens."""
        options = {key: self._here(value) for key, value in row.options.items()}
        return pyvault.open_vault(row.backend, options=options)

    def store(self, row: Row, *, by_command: bool) -> None:
        """Store a pair for the profile ``new``."""
        if not by_command:
            with self.program(row) as vault:
                vault.put("new", access_key_id=PAIR.access_key_id, secret_access_key=PAIR.secret_access_key)
            return
        self._set("AWS_ACCESS_KEY_ID", PAIR.access_key_id)
        self._set("AWS_SECRET_ACCESS_KEY", PAIR.secret_access_key.reveal())
        code, _, err = self.by_command(row, "add", "new", "--env", "--no-verify")
        assert code == 0, err

    def seen_by_command(self, row: Row) -> Seen:
        code, out, err = self.by_command(row, "list", "--credentials")
        (error,) = [line for line in err.splitlines() if line.startswith("pyvault: error: ")] or [""]
        return Seen(profiles=tuple(out.split()), code=code, error=error.removeprefix("pyvault: error: "))

    def seen_by_program(self, row: Row) -> Seen:
        try:
            with self.program(row) as vault:
                return Seen(profiles=tuple(vault.profiles()))
        except PyvaultError as problem:
            return Seen(code=exit_codes.exit_code(problem), error=problem.message)

    def seen_by_keyring(self) -> Seen:
        """Look for what the vault keeps for other programs, by the name of the store."""
        try:
            password = PyvaultKeyring().get_password("service", "user")
        except KeyringError as problem:
            return Seen(code=1, error=str(problem))
        return Seen(profiles=() if password is None else (password,))

    def _set(self, name: str, value: str) -> None:
        self._patch.setenv(name, value)

    def _here(self, text: str) -> str:
        return text.replace("{home}", str(self.home)).replace("{ring}", RING)

    def _nobody(self, question: object) -> Secret[str]:
        raise AssertionError(question)

    def _fill(self, backend: str, options: Mapping[str, str], profile: str) -> None:
        opened = load_backend(backend).open(options, self._nobody)
        opened.put(credential_name(profile), encode_credentials(PAIR))

    def _make_vault(self, path: Path, profile: str, slots: list[NewSlot]) -> None:
        password = json.dumps({"service": "service", "username": "user", "password": profile})
        with Vault.create(path, new_slots=slots, options=WEAK) as vault:
            vault.put(credential_name(profile), encode_credentials(PAIR))
            vault.put(ItemName(Kind.BRIDGE, "service:user"), Secret(password.encode()))

    def _make_pass_store(self) -> None:
        """Make a store whose names can be read; nothing in it can be decrypted."""
        for program in ("pass", "gpg"):
            path = self.home / "bin" / program
            path.parent.mkdir(exist_ok=True)
            path.write_text("#!/bin/sh\nexit 1\n")
            path.chmod(0o755)
        for folder, profile in (("pyvault", "in-pass"), ("team", "in-team")):
            file = self.home / "passwords" / folder / f"{encode_name(credential_name(profile))}.gpg"
            file.parent.mkdir(parents=True)
            file.write_bytes(b"")
        (self.home / "passwords" / ".gpg-id").write_text("somebody\n")
