"""``pyvault rotate``: replace a stored access key, and never lose one."""

from __future__ import annotations

from typing import Annotated

from pyvault.errors import ItemNotFoundError, ProfileNotFoundError, PyvaultError, UsageError, UserCancelledError
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.credentials.credential_request import CredentialRequest, profile_of
from pyvault_cli.credentials.missing_key import name_nearest
from pyvault_cli.terminal import output


def rotate(
    context: Context,
    profile: shared_options.OptionalProfileArgument = None,
    mfa_token: shared_options.MfaTokenOption = None,
    no_session: shared_options.NoSessionOption = False,
    region: shared_options.RegionOption = None,
    sts_region: shared_options.StsRegionOption = None,
    keep_old: Annotated[bool, Option("--keep-old", help="stop when the old key is inactive")] = False,
    resume: Annotated[bool, Option("--resume", help="resume an interrupted rotation")] = False,
    abort: Annotated[bool, Option("--abort", help="abandon a rotation: delete its new key")] = False,
    delete_inactive: Annotated[
        bool, Option("--delete-inactive", help="delete an inactive key first if there are two")
    ] = False,
    trust_endpoint: shared_options.TrustEndpointOption = None,
    dry_run: Annotated[bool, Option("--dry-run", help="only show what would be done")] = False,
) -> None:
    """Replace the access key that PROFILE is stored with, or gets its credentials from."""
    from pyvault.rotation.carried_out import carry_out, with_next_step
    from pyvault.rotation.preparation import owner_of, rotation_of
    from pyvault_cli.credentials.rotation_dry_run import dry_run_lines
    from pyvault_cli.terminal.progress import CountUp

    if abort and (resume or keep_old or delete_inactive):
        other = "--resume" if resume else "--keep-old" if keep_old else "--delete-inactive"
        raise UsageError(f"Can't use --abort with {other}")
    request = CredentialRequest(
        profile=profile_of(profile, context, environment=False),  # what is changed for good is named
        region=region,
        sts_region=sts_region,
        no_session=no_session,
        mfa_token=shared_options.secret(mfa_token),
    )
    loaded, names = request.load_with_names(context)
    try:
        owner = owner_of(loaded, names)
    except ProfileNotFoundError as problem:
        name_nearest(problem, loaded.name, {*context.aws_config.profiles(), *names})
        raise
    wait = CountUp("waiting for AWS to know its keys, which takes a minute at most")
    rotation = rotation_of(
        owner,
        context.store,
        codes=lambda: context.mfa_codes(request.mfa_token, context.mfa_prompt()),
        no_session=no_session,
        confirm=lambda question: _confirmed(context, question),
        report=output.note,
        wait=wait,
        keep_old=keep_old,
        delete_inactive=delete_inactive,
        trust_endpoints=trust_endpoint,
    )
    journal = rotation.journal()
    if (resume or abort) and journal is None:
        begin = f"'pyvault rotate {owner.name}' starts one" if resume else None
        raise ItemNotFoundError(f"no rotation of {owner.name!r} is under way", hint=begin)
    stored = context.store.access_key_id(owner.name)
    if dry_run:
        for line in dry_run_lines(stored, journal, abort=abort, keep_old=keep_old, delete_inactive=delete_inactive):
            output.note(line)
        return
    try:
        carry_out(
            rotation,
            owner.name,
            abort=abort,
            journal=journal,
            stored=stored,
            locks=context.paths.locks,
            forget_sessions=lambda: _forget_sessions(context, owner.name),
        )
    except KeyboardInterrupt:
        raise with_next_step(UserCancelledError("cancelled"), owner.name, rotation) from None
    abandoned = abort and journal is not None and journal.new_key_id != stored  # else it was finished instead
    _report_end(owner.name, context.store.access_key_id(owner.name), abandoned=abandoned, keep_old=keep_old)


def _confirmed(context: Context, question: str) -> bool:
    """Ask the human; one who says no, or is not there, keeps the key."""
    from pyvault.backend import Question

    try:
        return context.ask(Question(key="confirm", prompt=question)).reveal() == "y"
    except PyvaultError:
        return False


def _report_end(name: str, now: str, *, abandoned: bool, keep_old: bool) -> None:
    from pyvault.model import masked

    if abandoned:
        output.note(f"abandoned; {name!r} keeps the key {masked(now)}")
        return
    output.note(f"finished; {name!r} has the key {masked(now)}")
    if keep_old:
        output.hint(f"the old key stays until 'pyvault rotate --delete-inactive {name}' makes room for another")


def _forget_sessions(context: Context, name: str) -> None:
    """Sessions made from the old key are dead; the next command should not try them.

    What failed before is the thing to tell, and the rotation itself is not undone by this.
    """
    try:
        context.sessions.clear(name)
    except (PyvaultError, KeyboardInterrupt):
        output.warn(f"the old sessions of {name!r} could not be dropped; 'pyvault clear {name}' does that")
