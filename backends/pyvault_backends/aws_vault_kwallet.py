"""Read aws-vault's items in KWallet: the wallet ``aws-vault``, in it a folder of that name, one entry each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pyvault.errors import BackendUnavailableError
from pyvault.migration.aws_vault_records import read_item
from pyvault.storage.backend_options import check_options
from pyvault_backends._aws_vault import ReadOnly

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvault.backend import Ask, Options
    from pyvault.names import ItemName
    from pyvault.secret import Secret
    from pyvault_backends._kwallet_bus import OpenWallet

AWS_VAULT = "aws-vault"  # its wallet, its folder, and the name that its owner let in


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
            raise BackendUnavailableError(
                "the library 'SecretStorage' is not installed", hint="install pyvault-aws[secret-service]"
            ) from None
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
