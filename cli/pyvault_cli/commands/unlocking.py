"""``pyvault unlock`` and ``lock``: for how long a typed passphrase counts, or what a KMS key opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pyvault.clock import to_rfc3339
from pyvault.config.values import format_duration
from pyvault.errors import AccessDeniedError, BackendUnavailableError, InputRequiredError, UsageError
from pyvault.record import replace
from pyvault.vaultfile.unlock import unlock_cache
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.terminal.answers import TERMINAL
from pyvault_cli.vaults.unlocked import OTHER_WAYS, why_no_cache
from pyvault_cli.vaults.vault_access import VaultAccess

if TYPE_CHECKING:
    from pyvault.vaultfile.unlock.unlock_cache import UnlockCache

SSO = "sso"  # what else lives as long as a login; the warm path ends with the command


def unlock(
    context: Context,
    duration: Annotated[
        str | None,
        Option("--for", metavar="TIME", help="how long, used or not, at most 12h; by default 1h after each use"),
    ] = None,
) -> None:
    """Ask for the passphrase of the vault, and open the vault for the next commands of this login.

    With the setting unlock.external_ttl a KMS key opens it, too, and is tried first.
    """
    from pyvault.vaultfile.vault import Vault

    if context.line.last("--passphrase-fd") is not None:
        raise UsageError("unlock asks at the terminal, and takes no --passphrase-fd")
    idle = None if duration is None else unlock_cache.parse_ttl(duration, what="--for")
    cache = context.unlock_cache
    reason = why_no_cache(context)
    if cache is None or reason is not None:
        raise BackendUnavailableError(f"no vault can be kept open here: {reason}", hint=OTHER_WAYS)
    if idle is not None:
        cache.idle = cache.most = idle
        cache.external = None if cache.external is None else min(cache.external, idle)
    context.ask.sources = (TERMINAL,)
    access = VaultAccess(context)
    access.check_not_lost()
    _check_slots(access, cache)
    sources = access.sources()
    person = replace(
        sources,
        passphrase=None,
        keyfile=None,
        key=None,
        passphrase_from_environment=None,
        cached_data_key=None,
        wrapping_key=None,
        external=None if cache.external is None else sources.external,
    )
    with Vault.open(access.place, person, trust=access.trust, options=access.options) as vault:
        until = cache.until(vault.header)
        by_person = any(slot.unlocked_this and slot.kms_key is None for slot in vault.slots())
    if until is None:
        raise AccessDeniedError(f"'{access.place}' was opened, but its key could not be kept", hint=OTHER_WAYS)
    kept = cache.idle if by_person or cache.external is None else cache.external
    rest = f"for {format_duration(kept)}" + ("" if idle or not by_person else " after each use, 12 hours at most")
    output.note(f"Unlocked '{access.place}' until {to_rfc3339(until)}: {rest}.")


def _check_slots(access: VaultAccess, cache: UnlockCache) -> None:
    """Refuse a vault of which nothing that opens it is kept, before anybody is asked.

    Raises:
        InputRequiredError: it is such a vault.
    """
    from pyvault.vaultfile.disk.vault_reader import read_header
    from pyvault.vaultfile.format.slots import SlotType

    kinds = {slot.slot_type for slot in read_header(access.place, access.options.checks).slots}
    if SlotType.PASSPHRASE in kinds or (SlotType.EXTERNAL in kinds and cache.external is not None):
        return
    external = f"the setting {unlock_cache.EXTERNAL_SETTING} keeps what a KMS key opened, for as long as it says"
    raise InputRequiredError(
        f"no passphrase opens '{access.place}', and what opens it is not kept: each command uses it anew",
        hint=external if SlotType.EXTERNAL in kinds else None,
    )


def lock(
    context: Context,
    everything: Annotated[
        bool, Option("--all", help="end sign-ins that no passphrase protects, too; then sign in again")
    ] = False,
) -> None:
    """Forget the keys of all vaults that were unlocked; the next command asks again."""
    purposes = (unlock_cache.PURPOSE, *((SSO,) if everything else ()))
    left = [purpose for purpose in purposes if not _end(context, purpose)]
    if left:
        raise AccessDeniedError(
            f"the keys of {' and '.join(left)} could not be ended",
            hint="log out, or restart the machine, and they are gone",
        )
    output.note("Locked.")


def _end(context: Context, purpose: str) -> bool:
    """End the keys of a purpose; return whether none is left that can be used."""
    keys = context.kept_keys(purpose)
    if keys is not None:
        return keys.end()
    from pyvault.login.halves import end_kernel_half
    from pyvault.login.runtime_directory import Place

    # This process has no runtime directory; the shell that unlocked the vault has one.
    return end_kernel_half(Place("", str(context.paths.state)), purpose)
