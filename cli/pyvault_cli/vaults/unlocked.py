"""What is kept for the time of a login, as people are told."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyvault.clock import to_rfc3339
from pyvault.vaultfile.unlock.unlock_cache import SETTING, VARIABLE, find_ttl

if TYPE_CHECKING:
    from pyvault.vaultfile.format.header import Header
    from pyvault_cli.context import Context
    from pyvault_cli.vaults.vault_access import VaultAccess

TRIAL = "trial"
TRIAL_SECONDS = 60
OTHER_WAYS = (
    "to type the passphrase once, start a shell with pyvault exec PROFILE, or pyvault server; "
    "or add a key file with pyvault vault slot add --keyfile FILE"
)


def keeper_name(platform: str = sys.platform) -> str:
    """Return what keeps keys for the time of a login."""
    return {"darwin": "keychain", "win32": "credential manager"}.get(platform, "kernel keyring")


def unlocked_state(context: Context, header: Header) -> dict[str, str] | None:
    """Return until when a vault is unlocked, and what keeps its key; None if it is locked."""
    cache = context.unlock_cache
    until = None if cache is None else cache.until(header)
    return None if until is None else {"until": to_rfc3339(until), "by": keeper_name()}


def is_unlocked(context: Context, access: VaultAccess) -> bool:
    """Return whether the vault needs nobody to type its passphrase now."""
    from pyvault.errors import PyvaultError
    from pyvault.vaultfile.disk.vault_reader import read_header

    try:
        return unlocked_state(context, read_header(access.place, access.options.checks)) is not None
    except PyvaultError:  # a damaged vault is not open, and who opens it learns why
        return False


def is_turned_off(context: Context) -> bool:
    """Return whether the user wants a typed passphrase to count for one command only."""
    return find_ttl(context.environ, context.tool_config.unlock_ttl) is None


def why_no_cache(context: Context) -> str | None:
    """Return why a typed passphrase counts for one command only; None if it can count for more."""
    if is_turned_off(context):
        return f"{VARIABLE} or the setting {SETTING} is 0"
    trial = context.kept_keys(TRIAL)
    if trial is None:
        return "there is no runtime directory (XDG_RUNTIME_DIR) of this user alone"
    try:
        trial.keeper(seconds=TRIAL_SECONDS)
    except OSError as exc:
        return f"{keeper_name()}: {exc.strerror}"
    finally:
        trial.end()
    return None
