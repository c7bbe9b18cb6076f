"""``pyvault rotate``: replace a stored access key, and never lose one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pyvault.errors import PyvaultError, UsageError
from pyvault_cli import console, options
from pyvault_cli.context import Context, context_of
from pyvault_cli.wanted import Wanted, profile_of

if TYPE_CHECKING:
    from datetime import timedelta


def rotate(
    ctx: typer.Context,
    profile: options.OptionalProfileArgument = None,
    mfa_token: options.MfaTokenOption = None,
    no_session: options.NoSessionOption = False,
    region: options.RegionOption = None,
    keep_old: Annotated[bool, typer.Option("--keep-old", help="stop when the old key is inactive")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="carry on a rotation that stopped; begin none")] = False,
    abort: Annotated[bool, typer.Option("--abort", help="give a rotation up: delete its new key")] = False,
    delete_inactive: Annotated[
        bool, typer.Option("--delete-inactive", help="delete an inactive key first if there are two")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be done")] = False,
) -> None:
    """Replace the access key that PROFILE is stored with, or gets its credentials from."""
    from pyvault.rotation.rotate import abort as give_up
    from pyvault.rotation.rotate import find_journal
    from pyvault.rotation.rotate import rotate as replace_key
    from pyvault.rotation.shelf import StoreShelf
    from pyvault_cli.rotating import only_rotation, owner_of, rotation_tools

    if resume and abort:
        raise UsageError("--resume and --abort can't go together")
    context = context_of(ctx)
    wanted = Wanted(
        profile=profile_of(profile, context, environment=True),
        region=region,
        no_session=no_session,
        mfa_token=options.secret(mfa_token),
    )
    owner = owner_of(wanted.load(context), context.store.profiles())
    journal = find_journal(StoreShelf(context.store), owner.name)
    if resume and journal is None:
        raise UsageError(f"no rotation of {owner.name!r} is under way", hint=f"pyvault rotate {owner.name} begins one")
    if dry_run:
        _say_what(owner.name, context, journal_stage=journal.stage if journal else None)
        return
    tools = rotation_tools(owner, wanted, context, report=console.note, wait=_wait)
    try:
        with only_rotation(owner.name, context.paths.locks):
            if abort:
                give_up(owner.name, tools)
            else:
                replace_key(owner.name, tools, keep_old=keep_old, delete_inactive=delete_inactive)
    except PyvaultError as problem:
        if problem.hint is None and find_journal(tools.shelf, owner.name) is not None:
            problem.hint = f"nothing is lost: 'pyvault rotate --resume {owner.name}' goes on, --abort gives up"
        raise
    finally:
        _forget_sessions(context, owner.name)
    console.note(f"finished; {owner.name!r} has the key {_shown(context, owner.name)}")


def _say_what(name: str, context: Context, *, journal_stage: str | None) -> None:
    console.note(f"the stored key of {name!r} is {_shown(context, name)}")
    if journal_stage:
        console.note(f"a rotation came to {journal_stage!r} and would be carried on")
    else:
        console.note("would ask AWS for a new key, prove it, store it, set the old one inactive and delete it")


def _shown(context: Context, name: str) -> str:
    from pyvault.model import masked

    return masked(context.store.access_key_id(name))


def _forget_sessions(context: Context, name: str) -> None:
    """Sessions made from the old key are dead; the next command should not try them."""
    context.sessions.clear(name)


def _wait(duration: timedelta) -> None:
    """Show a person why nothing happens: IAM spreads a new key within seconds, not at once."""
    from pyvault_cli.countdown import count_down

    count_down(duration, "waiting for AWS to know its keys:")
