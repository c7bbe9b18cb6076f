"""What the configuration expects of a vault: its id, its data key, its minimum generation.

A machine without state can detect a swapped or old vault by nothing else. Id and
generation are in the clear, and anyone who can create a vault can set them; the
fingerprint is derived from the data key, so it proves which key the vault has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ForeignVaultError, RollbackError

if TYPE_CHECKING:
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.format.sealed_record import Keys
    from pyvault.vaultfile.state.vault_state import VaultState
    from pyvault.vaultfile.vault_options import VaultOptions


def check_id(path: object, header: Header, options: VaultOptions) -> None:
    """Check the id before unlocking: no passphrase is tried on an unexpected vault.

    Raises:
        ForeignVaultError: it is another vault.
    """
    if options.expect_vault_id is not None and header.vault_id != options.expect_vault_id:
        raise ForeignVaultError(f"'{path}' is the vault {header.vault_id.hex()}, not the expected one")


def check_key(path: object, keys: Keys, options: VaultOptions) -> None:
    """Check the data key before it is used.

    Raises:
        ForeignVaultError: it is another data key.
    """
    if options.expect_fingerprints and keys.fingerprint not in options.expect_fingerprints:
        raise ForeignVaultError(
            f"the data key of '{path}' has the fingerprint {keys.fingerprint.hex()}, not the expected one",
            hint="rekey changes it; PYVAULT_EXPECT_FINGERPRINT can list several, separated by commas",
        )


def check_generation(path: object, header: Header, options: VaultOptions) -> None:
    """Check the generation of a verified header.

    Raises:
        RollbackError: it is older than expected.
    """
    if options.min_generation is not None and header.generation < options.min_generation:
        raise RollbackError(
            f"'{path}' is generation {header.generation}, older than the expected {options.min_generation}"
        )


def check_external(path: object, seen: VaultState, before: VaultState | None, options: VaultOptions) -> None:
    """Check a state that a slot of type 7 opened.

    Whoever may encrypt with the key of such a slot can make another vault of the same id, which opens as this one.

    Args:
        path: of the vault.
        seen: from the verified header, with the slot that opened it.
        before: what is remembered of the vault.
        options: the fingerprints that are expected.

    Raises:
        ForeignVaultError: nothing proves that it is the vault that is meant.
    """
    if options.vouched or seen.fingerprint in options.expect_fingerprints:
        return
    if before is None:
        raise ForeignVaultError(
            f"nothing proves that '{path}' is the vault that is meant: whoever may encrypt with its KMS key can make "
            "such a vault, and it was never seen here",
            hint="set PYVAULT_EXPECT_FINGERPRINT to its fingerprint, which pyvault vault verify shows where the vault "
            "is opened by another key",
        )
    if seen.fingerprint != before.fingerprint and seen.external != before.external:
        raise ForeignVaultError(
            f"'{path}' has another data key than the one known here, and another slot or KMS ciphertext opened it",
            hint="if the vault was rekeyed, accept it with pyvault vault accept, or set PYVAULT_EXPECT_FINGERPRINT",
        )
