"""A vault that is gone is not one that was never made.

Taken for empty, it would answer "no such profile", and the next ``add`` would make
another in its place. So a missing file is an error of its own if anything says that
there was one: the trust file, a backup next to it, or an expectation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import VaultGoneError
from pyvault.vaultfile.state.places import vault_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.vaultfile.place import Place
    from pyvault.vaultfile.state.vault_state import VaultState
    from pyvault.vaultfile.vault_options import VaultOptions


def refuse_lost(path: Place, known: Mapping[bytes, VaultState], options: VaultOptions) -> None:
    """Raise an error if a vault that was not found at *path* must have been there.

    Args:
        path: settled, as in the trust file.
        known: the states in the trust file.
        options: how the vault was to be opened.

    Raises:
        VaultGoneError: it is gone.
    """
    backups = path.backups(options.checks) if options.durable else ()
    # Another process may make the vault, and then its first backup, at this moment: in this order.
    if path.exists():
        return
    nothing = f"there is no vault at '{path}'"
    before = vault_at(known, path.identity)
    if backups:
        raise VaultGoneError(
            f"{nothing}, but there are backups of one",
            hint="'pyvault vault restore 1' restores the newest, 'pyvault vault init' creates an empty vault",
        )
    if before is not None:
        raise VaultGoneError(
            f"{nothing}, but the vault {before.vault_id.hex()} was there before",
            hint="put the file back; "
            "'pyvault vault init' creates an empty vault, 'pyvault vault forget' drops the old one",
        )
    if options.expects_a_vault:
        raise VaultGoneError(
            f"{nothing}, but one is expected",
            hint="provide the file, or unset PYVAULT_EXPECT_VAULT_ID, PYVAULT_EXPECT_FINGERPRINT "
            "and PYVAULT_MIN_GENERATION",
        )
