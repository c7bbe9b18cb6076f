"""``pyvault remove``: remove the stored key of a profile, and the sessions made from it."""

from __future__ import annotations

from typing import Annotated

from pyvault.access_keys import shown
from pyvault.errors import ItemCorruptError, ItemNotFoundError
from pyvault.mfa.totp import totp_name
from pyvault.names import ItemName, Kind, parse_profile_name
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.commandline.suggestions import meant
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted


def remove(
    context: Context,
    profile: shared_options.ProfileArgument,
    force: Annotated[bool, Option("-f", "--force", help="don't ask for confirmation")] = False,
    sessions_only: Annotated[bool, Option("-s", "--sessions-only", hidden=True)] = False,
) -> None:
    """Remove the stored key of PROFILE, and the sessions made from it."""
    name = parse_profile_name(profile)
    if sessions_only:
        output.note(f"Deleted {counted(context.sessions.clear(name), 'session')}.")
        return
    stored = context.store.profiles()
    if name not in stored:
        hint = f"{meant(name, stored)}'pyvault list' shows them"
        raise ItemNotFoundError(f"no credentials are stored for profile '{name}'", hint=hint)
    if not force:
        context.ask.confirm(f'Delete credentials for profile "{name}"?', option="--force")
    half_rotated = ItemName(Kind.PENDING, name) in context.store.backend.names()
    made = _key_of_rotation(context, name) if half_rotated else None
    context.store.delete(name)
    output.note("Deleted credentials.")
    if half_rotated:
        context.store.backend.delete(ItemName(Kind.PENDING, name))
        what = f"the key {made}, which it made," if made else "a key that it made"
        output.warn(f"A rotation of the key was unfinished; {what} may still exist at AWS.")
    if totp_name(name) in context.store.backend.names():
        context.store.backend.delete(totp_name(name))
        output.note("Deleted the MFA device that was kept with them; at AWS it still exists.")
    sessions = context.sessions.clear(root=name) + context.sessions.clear(name)
    if sessions:
        output.note(
            f"Deleted {counted(sessions, 'session')} made from them; what AWS issued stays valid until it expires."
        )
    output.note("The access key itself still exists at AWS.")
    if context.choice.name == "file":
        output.note("Backups of the vault still hold it; 'pyvault vault purge' deletes them.")
    if name in context.aws_config.profiles():
        output.note(f"The profile stays in '{context.aws_config.path}'.")


def _key_of_rotation(context: Context, profile: str) -> str | None:
    """Return the id of the key that a rotation under way has made; None if the journal has none or can't be read."""
    from pyvault.rotation.held_journal import find_journal

    try:
        journal = find_journal(context.store, profile)
    except ItemCorruptError:
        return None
    return shown(journal.new_key_id) if journal and journal.new_key_id else None
