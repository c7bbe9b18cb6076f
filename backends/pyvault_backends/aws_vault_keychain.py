"""Read aws-vault's items in the macOS Keychain: service ``aws-vault``, the profile as the account.

keyring can't list them, so the profiles have to be named; the import command
names those of the AWS config. aws-vault's own keychain file is in the search
list once aws-vault has made it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from pyvault.errors import AccessDeniedError, BackendLockedError, BackendUnavailableError, ItemNotFoundError
from pyvault.migration.aws_vault_records import read_data
from pyvault.secret import Secret
from pyvault.storage.backend_options import check_options
from pyvault_backends._aws_vault import ReadOnly
from pyvault_backends._keyring import pinned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keyring.backend import KeyringBackend

    from pyvault.backend import Ask, Options
    from pyvault.names import ItemName

SERVICE = "aws-vault"


class AwsVaultKeychain(ReadOnly):
    """aws-vault's ``keychain`` backend.

    Options:
        profiles: the names to look for, joined by newlines.
    """

    def __init__(self, keyring: KeyringBackend, profiles: list[str]) -> None:
        self._keyring = keyring
        self._profiles = profiles

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Load the library."""
        del ask
        check_options("aws-vault keychain", options, known={"profiles"})
        if not cls._is_macos():
            raise BackendUnavailableError("the keychain is part of macOS")
        from keyring.backends import macOS

        keyring = pinned(macOS.Keyring)
        keyring.keychain = None  # type: ignore[attr-defined]  # KEYCHAIN_PATH only makes it warn
        return cls(keyring, options.get("profiles", "").splitlines())

    @staticmethod
    def _is_macos() -> bool:
        return sys.platform == "darwin"

    def get(self, name: ItemName) -> Secret[bytes]:
        """Read one item; macOS may ask the human."""
        key = self.stored_name(name)
        text = self._read(key)
        if text is None:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return read_data(text, of=f"the keychain item '{SERVICE}/{key}'")

    def stored_names(self) -> Iterable[str]:
        """Return those of the named profiles that are there."""
        return (profile for profile in self._profiles if self._read(profile) is not None)

    def _read(self, account: str) -> Secret[bytes] | None:
        from keyring.errors import KeyringError, KeyringLocked

        try:
            text = self._keyring.get_password(SERVICE, account)
        except KeyringLocked:
            raise BackendLockedError("the keychain is locked", hint="security unlock-keychain") from None
        except KeyringError:
            raise AccessDeniedError(
                "the keychain refused to give aws-vault's item",
                hint="unlock aws-vault's keychain, and allow this interpreter to read it",
            ) from None
        return None if text is None else Secret(text.encode())
