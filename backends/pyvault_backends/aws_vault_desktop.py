"""Read aws-vault's items in the stores of desktops.

* The macOS Keychain has them under the service ``aws-vault``, with the profile as
  the account. keyring can't list them, so the profiles have to be named; the import
  command names those of the AWS config. aws-vault's own keychain file is in the
  search list once aws-vault has made it.
* KWallet has them in the wallet ``aws-vault``, in it a folder of that name.
* The Secret Service has them in the collection ``awsvault``.
* Windows Credential Manager has them as targets ``aws-vault:aws-vault:<profile>``.

The libraries of the desktops are imported when a store is opened.
"""

from __future__ import annotations

import sys
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Self

from pyvault.errors import (
    AccessDeniedError,
    BackendError,
    BackendLockedError,
    BackendUnavailableError,
    ItemNotFoundError,
)
from pyvault.migration.aws_vault_records import read_data, read_item
from pyvault.secret import Secret
from pyvault.storage.backend_options import check_options
from pyvault_backends._aws_vault import ReadOnly
from pyvault_backends._keyring import pinned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keyring.backend import KeyringBackend
    from secretstorage import Collection, Item

    from pyvault.backend import Ask, Options
    from pyvault.names import ItemName
    from pyvault_backends._kwallet_bus import OpenWallet
    from pyvault_backends._session_bus import TimedConnection

AWS_VAULT = "aws-vault"  # keychain service; KWallet's wallet and folder, and the application that its owner let in
COLLECTION = "awsvault"
PROFILE = "profile"  # the attribute of the Secret Service with the item's name
PREFIX = "aws-vault:aws-vault:"
NOT_FOUND = 1168  # ERROR_NOT_FOUND, Windows system error codes


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
        return read_data(text, of=f"the keychain item '{AWS_VAULT}/{key}'")

    def stored_names(self) -> Iterable[str]:
        """Return those of the named profiles that are there."""
        return (profile for profile in self._profiles if self._read(profile) is not None)

    def _read(self, account: str) -> Secret[bytes] | None:
        from keyring.errors import KeyringError, KeyringLocked

        try:
            text = self._keyring.get_password(AWS_VAULT, account)
        except KeyringLocked:
            raise BackendLockedError("the keychain is locked", hint="security unlock-keychain") from None
        except KeyringError:
            raise AccessDeniedError(
                "the keychain refused to give aws-vault's item",
                hint="unlock aws-vault's keychain, and allow this interpreter to read it",
            ) from None
        return None if text is None else Secret(text.encode())


class AwsVaultKWallet(ReadOnly):
    """aws-vault's ``kwallet`` backend.

    Options:
        wallet: its name, ``aws-vault`` by default.
        folder: in the wallet, ``aws-vault`` by default.
    """

    def __init__(self, wallet: OpenWallet, folder: str) -> None:
        self._wallet = wallet
        self._folder = folder

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Open the wallet; KWallet may show a prompt of its own."""
        del ask
        check_options("aws-vault kwallet", options, known={"wallet", "folder"})
        try:
            from pyvault_backends._kwallet_bus import OpenWallet
        except ImportError:
            raise _no_library() from None
        wallet = OpenWallet.find(options.get("wallet", AWS_VAULT), app=AWS_VAULT)
        return cls(wallet, options.get("folder", AWS_VAULT))

    def get(self, name: ItemName) -> Secret[bytes]:
        """Read one entry."""
        key = self.stored_name(name)
        return read_item(self._wallet.read(self._folder, key), of=f"the entry '{key}' of aws-vault", name=key)

    def stored_names(self) -> Iterable[str]:
        """Read the names off the entries."""
        return self._wallet.entries(self._folder)

    def close(self) -> None:
        """Leave the bus."""
        self._wallet.close()


class AwsVaultSecretService(ReadOnly):
    """aws-vault's ``secret-service`` backend.

    Options:
        collection: its label, ``awsvault`` by default.
    """

    def __init__(self, connection: TimedConnection, collection: Collection) -> None:
        self._connection = connection
        self._collection = collection

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Find the collection; the service may show a prompt to unlock it."""
        del ask
        check_options("aws-vault secret-service", options, known={"collection"})
        try:
            from pyvault_backends._session_bus import existing_collection
        except ImportError:
            raise _no_library() from None
        return cls(*existing_collection(options.get("collection", COLLECTION)))

    def get(self, name: ItemName) -> Secret[bytes]:
        """Read one item."""
        from pyvault_backends._session_bus import bus_errors

        key = self.stored_name(name)
        with bus_errors(f"read '{name}'"):
            return read_item(Secret(self._items[key].get_secret()), of=f"the item '{key}' of aws-vault", name=key)

    def stored_names(self) -> Iterable[str]:
        """Read the names off the attributes."""
        return self._items

    def close(self) -> None:
        """Leave the bus."""
        self._connection.close()

    @cached_property
    def _items(self) -> dict[str, Item]:
        from pyvault_backends._session_bus import bus_errors

        with bus_errors("list aws-vault's items"):
            items = self._collection.get_all_items()
            return {item.get_attributes().get(PROFILE) or item.get_label(): item for item in items}


class AwsVaultWincred(ReadOnly):
    """aws-vault's ``wincred`` backend.

    Options:
        prefix: of the targets.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Load the library."""
        del ask
        check_options("aws-vault wincred", options, known={"prefix"})
        try:
            import_module("win32ctypes.pywin32.win32cred")
        except ImportError:
            raise BackendUnavailableError("Credential Manager is part of Windows") from None
        return cls(options.get("prefix", PREFIX))

    def get(self, name: ItemName) -> Secret[bytes]:
        """Read one target; its blob is the data itself, not UTF-16."""
        key = self.stored_name(name)
        return read_data(self._blobs[key], of=f"the target '{self._prefix}{key}'")

    def stored_names(self) -> Iterable[str]:
        """Read the names off the targets."""
        return self._blobs

    @cached_property
    def _blobs(self) -> dict[str, Secret[bytes]]:
        library = import_module("win32ctypes.pywin32.win32cred")
        errors = import_module("win32ctypes.pywin32.pywintypes")
        try:
            found = library.CredEnumerate(f"{self._prefix}*", 0)
        except errors.error as exc:
            if exc.winerror == NOT_FOUND:
                return {}
            raise BackendError(f"Credential Manager failed to list its items: error {exc.winerror}") from None
        return {str(item["TargetName"])[len(self._prefix) :]: Secret(bytes(item["CredentialBlob"])) for item in found}


def _no_library() -> BackendUnavailableError:
    return BackendUnavailableError(
        "the library 'SecretStorage' is not installed", hint="install pyvault-aws[secret-service]"
    )
