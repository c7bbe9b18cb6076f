"""A vault file of another machine: whether what is given can open it, and its items, to be read and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn, Self

from pyvault.errors import AccessDeniedError, InputRequiredError
from pyvault.vaultfile.disk.secret_file import check_there
from pyvault.vaultfile.disk.vault_reader import read_header
from pyvault.vaultfile.file_options import VaultSettings
from pyvault.vaultfile.format.slots import SlotType
from pyvault.vaultfile.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.backend import Ask, Options
    from pyvault.files.file_checks import FileChecks
    from pyvault.names import ItemName
    from pyvault.secret import Secret
    from pyvault.vaultfile.place import Place


def check_unlockable(
    file: Path | Place, *, keyfile: Path | None, passphrase_file: Path | None, checks: FileChecks
) -> None:
    """Refuse what can't come to a good end: a place that is given but not there, or no key file where only one opens.

    Nothing but the header is read, and nothing of it is believed: opening the file checks it.

    Raises:
        ConfigError: the key file or passphrase file is not there, whether a slot asks for it or not.
        InputRequiredError: a key file opens it, and none is given.
        VaultFileError: there is no vault file.
    """
    for given, what in ((keyfile, "key file"), (passphrase_file, "passphrase file")):
        if given is not None:
            check_there(given.expanduser(), what)
    kinds = {slot.slot_type for slot in read_header(file, checks).slots if slot.is_known()}
    if keyfile is None and SlotType.KEY_FILE in kinds and SlotType.PASSPHRASE not in kinds:
        raise InputRequiredError(
            f"'{file}' is opened by a key file, and none was given",
            hint="--keyfile FILE names the one that came with it",
        )


class AnotherVault:
    """A vault file as a backend to read from: that it is older than one seen here is no reason to refuse it."""

    API_VERSION: ClassVar[int] = 1

    def __init__(self, settings: VaultSettings, ask: Ask) -> None:
        self._settings = settings
        self._ask = ask
        self._vault: Vault | None = None

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Check the options; nothing is read or asked yet."""
        return cls(VaultSettings.parse(options), ask)

    def get(self, name: ItemName) -> Secret[bytes]:
        """Return the item's bytes."""
        return self._opened().get(name)

    def put(self, name: ItemName, data: Secret[bytes]) -> NoReturn:
        """Refuse."""
        del data
        raise AccessDeniedError(f"can't write '{name}' into a vault that is only read")

    def delete(self, name: ItemName) -> NoReturn:
        """Refuse."""
        raise AccessDeniedError(f"can't delete '{name}' in a vault that is only read")

    def names(self) -> list[ItemName]:
        """List the items; decrypts none."""
        return [entry.name for entry in self._opened().entries()]

    def close(self) -> None:
        """Forget the key."""
        if self._vault is not None:
            self._vault.close()
            self._vault = None

    def _opened(self) -> Vault:
        if self._vault is None:
            sources = self._settings.sources(self._ask)
            self._vault = Vault.open(self._settings.place, sources, options=self._settings.options)
        return self._vault
