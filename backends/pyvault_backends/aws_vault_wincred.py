"""Read aws-vault's items in Windows Credential Manager: targets ``aws-vault:aws-vault:<profile>``."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Self

from pyvault.errors import BackendError, BackendUnavailableError
from pyvault.migration.aws_vault_records import read_data
from pyvault.secret import Secret
from pyvault.storage.backend_options import check_options
from pyvault_backends._aws_vault import ReadOnly

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvault.backend import Ask, Options
    from pyvault.names import ItemName

PREFIX = "aws-vault:aws-vault:"
NOT_FOUND = 1168  # ERROR_NOT_FOUND


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
