"""What whoever runs us says of the vault beforehand: its id, its data key, its least generation.

A machine without a memory knows a swapped or an old vault by nothing else. Id and
generation stand in the clear, and whoever can make a vault can write them; the
fingerprint is derived from the data key, so it proves which key the vault has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ForeignVaultError, RollbackError

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.format.sealed_record import Keys
    from pyvault.vaultfile.vault_options import VaultOptions


def check_id(path: Path, header: Header, options: VaultOptions) -> None:
    """Check the id, before the unlocking: a passphrase is not tried on a vault that isn't the expected one.

    Raises:
        ForeignVaultError: it is another vault.
    """
    if options.expect_vault_id is not None and header.vault_id != options.expect_vault_id:
        raise ForeignVaultError(f"'{path}' is the vault {header.vault_id.hex()}, not the expected one")


def check_key(path: Path, keys: Keys, options: VaultOptions) -> None:
    """Check the data key that the unlocking gave, before anything is done with it.

    Raises:
        ForeignVaultError: it is another data key.
    """
    if options.expect_fingerprints and keys.fingerprint not in options.expect_fingerprints:
        raise ForeignVaultError(
            f"the data key of '{path}' has the fingerprint {keys.fingerprint.hex()}, not the expected one",
            hint="a rekey changes it; PYVAULT_EXPECT_FINGERPRINT takes several, with commas between",
        )


def check_generation(path: Path, header: Header, options: VaultOptions) -> None:
    """Check the generation of a verified header.

    Raises:
        RollbackError: it is older.
    """
    if options.min_generation is not None and header.generation < options.min_generation:
        raise RollbackError(
            f"'{path}' is generation {header.generation}, older than the expected {options.min_generation}"
        )
