"""pyvault's vault file as a backend of the ``keyring`` library, for pip, twine, poetry and friends.

Opt-in: it is used when ``PYTHON_KEYRING_BACKEND`` or keyring's own config names
``pyvault_backends.keyring_bridge.PyvaultKeyring``. Its items have a kind of
their own; it can neither see nor touch an AWS credential.
"""

from __future__ import annotations

import json
import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError

from pyvault.errors import BackendLockedError, InputRequiredError, ItemCorruptError, ItemNotFoundError, PyvaultError
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.storage.item_codec import parse_object
from pyvault.vaultfile.unlock.passphrase_sources import EnvironmentAnswers

if TYPE_CHECKING:
    from collections.abc import Generator

    from keyring.credentials import Credential

    from pyvault.backend import Backend, Question


class PyvaultKeyring(KeyringBackend):
    """Passwords of other programs in the vault file.

    What ``PYVAULT_FILE``, ``PYVAULT_KEYFILE`` and config.toml say of the ``file``
    backend holds here too; a passphrase comes from ``PYVAULT_PASSPHRASE_FILE``,
    ``PYVAULT_PASSPHRASE`` or the terminal.
    """

    #: Below keyring's own ``fail`` (0): anything higher is taken by itself where
    #: nothing else works, and pip would stop at our passphrase prompt.
    priority = -0.5  # pyright: ignore[reportAssignmentType]  # a class property in the library

    def get_password(self, service: str, username: str) -> str | None:
        """Return the password; None if there is none."""
        with _opened() as vault:
            try:
                return _read(vault.get(_name(service, username)))[1].reveal()
            except ItemNotFoundError:
                return None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store or replace the password."""
        record = {"service": service, "username": username, "password": password}
        with _opened() as vault:
            vault.put(_name(service, username), Secret(json.dumps(record).encode()))

    def delete_password(self, service: str, username: str) -> None:
        """Remove the password."""
        with _opened() as vault:
            try:
                vault.delete(_name(service, username))
            except ItemNotFoundError:
                raise PasswordDeleteError("there is no such password") from None

    def get_credential(self, service: str, username: str | None) -> Credential | None:
        """Return user name and password; without a user name, those of any user of this service."""
        if username is not None:
            password = self.get_password(service, username)
            return None if password is None else SimpleCredential(username, password)
        with _opened() as vault:
            prefix = _name(service, "").name
            for name in sorted(vault.names()):
                if name.kind is Kind.BRIDGE and name.name.startswith(prefix):
                    found, password_found = _read(vault.get(name))
                    return SimpleCredential(found, password_found.reveal())
        return None


def _name(service: str, username: str) -> ItemName:
    # The separator is encoded in both parts, so that a@b / c and a / b@c stay two.
    return ItemName(Kind.BRIDGE, f"{quote(service, safe='')}:{quote(username, safe='')}")


def _read(data: Secret[bytes]) -> tuple[str, Secret[str]]:
    record = parse_object(data, of="a password of another program")
    username, password = record.get("username"), record.get("password")
    if not (isinstance(username, str) and isinstance(password, str)):
        raise ItemCorruptError("a password of another program is damaged")
    return username, Secret(password)


@contextmanager
def _opened() -> Generator[Backend]:
    """Open the vault file for one call, and speak keyring's errors."""
    from pyvault.stores import Stores

    try:
        with closing(Stores(os.environ, _Answers(os.environ)).open_store("file")) as store:
            yield store.backend
    except (BackendLockedError, InputRequiredError) as exc:
        raise KeyringLocked(exc.message) from None
    except PyvaultError as exc:
        raise KeyringError(exc.message) from None


class _Answers(EnvironmentAnswers):
    """Answers from the environment, and else by whoever sits at the terminal."""

    def ask_human(self, question: Question) -> Secret[str]:
        first = self.passphrase_from_prompt(question)
        if question.key == "new-passphrase" and self._typed("repeat passphrase", question) != first:
            raise InputRequiredError("the two passphrases differ")
        return first

    def passphrase_from_prompt(self, question: Question, *, wrong: bool = False) -> Secret[str]:
        """Ask at the terminal; the vault allows three tries."""
        return self._typed(f"wrong passphrase, try again; {question.prompt}" if wrong else question.prompt, question)

    def _typed(self, shown: str, question: Question) -> Secret[str]:
        from getpass import getpass

        if not _has_terminal():  # getpass would read stdin, which is another program's
            raise InputRequiredError(f"the {question.prompt} is needed", hint=f"one of {', '.join(question.sources)}")
        return Secret(getpass(f"{shown}: "))


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
