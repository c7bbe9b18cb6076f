"""What is added to the error of a profile without keys: what may have been meant, and where its keys may be.

Nothing is opened, unlocked or asked for: other stores are looked at as far as they
show names to anybody. A vault file hides them, so of one it is only told that it is there.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pyvault.errors import ProfileNotFoundError, PyvaultError
from pyvault_cli.commandline.suggestions import FIRST_STEPS, meant

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyvault.config.profile import Profile
    from pyvault_cli.context import Context

#: Built-in stores whose names can be read while they are locked.
OPEN_NAMES = ("pass", "wincred")


def advise(problem: PyvaultError, profile: Profile, stored: Collection[str], context: Context) -> None:
    """Add to an error where was looked, and the best advice that there is.

    Args:
        problem: no such profile, or no keys for it.
        profile: as resolved.
        stored: the profiles that have keys in the chosen store.
        context: whose stores count.
    """
    if profile.plaintext is not None:  # the keys are there, and the error says so
        return
    problem.message = f"{problem.message}; looked in the backend '{context.choice.name}'{_no_vault(context)}"
    missing = [member for member in profile.chain() if member.name not in stored]
    hint = _in_aws_vault(missing, context) or _elsewhere(missing, context)
    if hint is None and isinstance(problem, ProfileNotFoundError):
        unknown = next((member.name for member in missing if not member.known), profile.name)
        known = {*context.aws_config.profiles(), *stored}
        if known:
            name_nearest(problem, unknown, known)
        else:
            problem.hint = f"there are no profiles yet; {FIRST_STEPS}"
    problem.hint = hint or problem.hint


def _no_vault(context: Context) -> str:
    """Return the end of a sentence that says so, if the vault file that was named is not there."""
    if context.choice.name != "file" or not context.options_of("file").get("path"):
        return ""
    from pyvault.vaultfile.disk.local_place import LocalPlace
    from pyvault_cli.vaults.vault_access import VaultAccess

    place = VaultAccess(context).place
    return "" if not isinstance(place, LocalPlace) or place.exists() else f", and there is no vault '{place}'"


def name_nearest(problem: PyvaultError, name: str, known: Collection[str]) -> None:
    """Let the hint begin with the name that was meant, if one of the known ones is near."""
    problem.hint = f"{meant(name, known)}{problem.hint or ''}".strip() or None


def _in_aws_vault(missing: list[Profile], context: Context) -> str | None:
    """Return how to take the keys over, if aws-vault has them: its users expect them to be found."""
    from pyvault.migration.aws_vault_names import find_in_aws_vault

    seen = find_in_aws_vault([member.name for member in reversed(missing)], context.environ)
    if seen is None:
        return None
    how = f"'pyvault import aws-vault --from {seen.kind} --profile {shlex.quote(seen.profile)}'"
    return f"aws-vault has an entry '{seen.profile}' ('{seen.path}'); {how} takes it over"


def _elsewhere(missing: list[Profile], context: Context) -> str | None:
    """Return which other store has keys of one of the profiles, or may have them."""
    for backend in OPEN_NAMES:
        if backend == context.choice.name:
            continue
        try:
            store = context.open_store(backend)
            try:
                found = {*store.profiles()}
            finally:
                store.close()
        except PyvaultError:  # it is not here, or not in order; that is not what was asked
            continue
        name = next((member.name for member in reversed(missing) if member.name in found), None)
        if name is not None:
            return f"the backend '{backend}' has keys of '{name}': use --backend {backend}"
    if context.choice.name != "file":
        from pyvault.vaultfile.disk.local_place import LocalPlace
        from pyvault_cli.vaults.vault_access import VaultAccess

        try:
            place = VaultAccess(context).place
        except PyvaultError:
            return None
        if isinstance(place, LocalPlace) and place.exists():  # a hint asks no server
            return f"the vault '{place}' was not opened; --backend file looks into it"
    return None
