"""``pyvault vault accept`` and ``forget``: what is remembered of a vault."""

from __future__ import annotations

from typing import Annotated

from pyvault.errors import ItemNotFoundError, UsageError
from pyvault.record import replace
from pyvault.vaultfile.state.places import vault_at
from pyvault_cli.commandline.parameters import Argument
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.vaults.vault_access import VaultAccess


def vault_accept(context: Context) -> None:
    """Trust the vault file as it is now, although it is not what was seen here last."""
    from pyvault.vaultfile.vault import Vault

    access = VaultAccess(context)
    access.check_not_lost()
    options = replace(access.options, vouched=True)
    with Vault.open(access.place, access.sources(), options=options) as vault:
        access.trust.accept(vault.state)
        output.note(f"Accepted '{access.place}': vault {vault.vault_id.hex()}, generation {vault.generation}.")
        output.note(f"The fingerprint of its key is {vault.fingerprint.hex()}.")


def vault_forget(
    context: Context,
    vault: Annotated[
        str | None, Argument(metavar="[ID]", help="the id of a vault, wherever it was", show_default=False)
    ] = None,
) -> None:
    """Drop what this machine remembers of a vault; the next one is believed at first sight. No file is touched.

    Without an ID: of what was at the place of the vault file.
    """
    access = VaultAccess(context)
    known = access.trust.known_states()
    if vault is None:
        path = access.place.settled(access.options.checks).identity
        before = vault_at(known, path)
        if before is None:
            raise ItemNotFoundError(f"no vault is remembered at '{path}'")
        access.trust.forget(path)
        output.note(f"Forgot that the vault {before.vault_id.hex()} was at '{path}'.")
        return
    try:
        vault_id = bytes.fromhex(vault)
    except ValueError:
        raise UsageError(f"'{vault}' is not the id of a vault", hint="'pyvault vault info' shows it") from None
    if vault_id not in known:
        raise ItemNotFoundError(f"no vault {vault_id.hex()} is remembered")
    access.trust.forget_vault(vault_id)
    output.note(f"Forgot the vault {vault_id.hex()}.")
