"""``pyvault explain``: how a profile would get its credentials, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated

from pyvault.config.config_file import DEFAULT
from pyvault.config.profile import Profile
from pyvault.errors import NoCredentialsError, ProfileNotFoundError, PyvaultError, UsageError
from pyvault.planning.explain import as_json
from pyvault.planning.steps import Plan, Step
from pyvault.record import Record, field
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.credentials.credential_request import CredentialRequest, profile_of
from pyvault_cli.credentials.profile_clients import refuse_uncoverable
from pyvault_cli.terminal import output


def explain(
    context: Context,
    profile: shared_options.OptionalProfileArgument = None,
    json: shared_options.JsonOption = False,
    assume_stored: Annotated[
        list[str] | None, Option("--assume-stored", metavar="NAME", help="act as if keys were stored for it")
    ] = None,
    assume_none: Annotated[bool, Option("--assume-none", help="act as if no keys were stored")] = False,
    duration: shared_options.DurationOption = None,
    no_session: shared_options.NoSessionOption = False,
    region: shared_options.RegionOption = None,
    sts_region: shared_options.StsRegionOption = None,
    mfa_token: shared_options.MfaTokenOption = None,
    no_cache: shared_options.NoCacheOption = False,
    refresh: shared_options.RefreshOption = False,
    allow_plaintext: shared_options.PlaintextOption = False,
    policy_file: shared_options.PolicyFileOption = None,
    policy_arn: shared_options.PolicyArnOption = None,
    read_only: shared_options.ReadOnlyOption = False,
    tag: shared_options.TagOption = None,
    source_identity: shared_options.SourceIdentityOption = None,
    federate: shared_options.FederateOption = False,
    stdout: Annotated[bool, Option("--stdout", hidden=True)] = False,
    profile_env: Annotated[bool, Option("--profile-env", hidden=True)] = False,
) -> None:
    """Show the steps to credentials of PROFILE; makes no call and asks for no MFA code."""
    del stdout  # of the line of exec that is explained; it changes nothing
    if assume_stored and assume_none:
        raise UsageError("Can't use --assume-none with --assume-stored")
    request = CredentialRequest(
        profile=profile_of(profile, context, environment=True),
        duration=duration,
        region=region,
        sts_region=sts_region,
        no_session=no_session,
        mfa_token=shared_options.secret(mfa_token),
        no_cache=no_cache,
        refresh=refresh,
        allow_plaintext=allow_plaintext,
        narrowing=shared_options.narrowing(policy_file, policy_arn, read_only, tag, source_identity),
        federate=federate,
    )
    assumed = frozenset(assume_stored or ()) if assume_stored or assume_none else None
    loaded, stored = request.load_with_names(context, assumed)
    loaded, outcome = _outcome(request, loaded, stored, context, reads_default=not profile_env)
    if assumed is None and isinstance(outcome, NoCredentialsError | ProfileNotFoundError):
        from pyvault_cli.credentials.missing_key import advise

        advise(outcome, loaded, stored, context)
    view = _look_into_cache(request, outcome, context) if assumed is None and isinstance(outcome, Plan) else CacheView()
    if json:
        from json import dumps

        output.data(dumps(as_json(outcome, loaded, view.cached), indent=2) + "\n")
    else:
        from pyvault.planning.explain_text import draw

        text = draw(outcome, loaded, view.cached, view.expires)
        if (width := output.columns()) is not None:
            from pyvault_cli.terminal.wrapping import fitted

            text = fitted(text, width)
        output.page(text, heading=_is_heading)
    if isinstance(outcome, PyvaultError):
        raise outcome
    if loaded.name != DEFAULT:
        from pyvault_cli.credentials.shared_config import warn_of_default

        warn_of_default(context.environ)


def _is_heading(line: str) -> bool:
    """Return whether a line names a step or a part of the drawing."""
    return line[:1].isalpha() or line[:2].strip().isdecimal()


def _outcome(
    request: CredentialRequest, loaded: Profile, stored: Collection[str], context: Context, *, reads_default: bool
) -> tuple[Profile, Plan | PyvaultError]:
    """Plan, and keep the error of a plan that can't be: its settings are shown all the same."""
    try:
        loaded, plan = request.decide(loaded, stored, context)
        if reads_default:
            refuse_uncoverable(plan)
    except PyvaultError as problem:
        return loaded, problem
    return loaded, plan


class CacheView(Record):
    """What the session cache has of a plan's steps; nothing if it was not looked at."""

    states: Mapping[int, str] = field(default_factory=dict[int, str])
    ends: Mapping[int, datetime | None] = field(default_factory=dict[int, "datetime | None"])

    def cached(self, step: Step) -> str:
        """Return ``hit``, ``miss``, ``never`` or ``unknown``."""
        return self.states.get(id(step), "unknown")

    def expires(self, step: Step) -> datetime | None:
        """Return when the cached result expires; None if there is none."""
        return self.ends.get(id(step))


def _look_into_cache(request: CredentialRequest, plan: Plan, context: Context) -> CacheView:
    from pyvault import clock
    from pyvault.retrieval.in_cache import look_at_cache
    from pyvault.sessions.cache import CacheMode, find_min_ttl

    if request.cache is CacheMode.OFF:
        return CacheView(states={id(step): "never" for step in plan.steps})
    seen = look_at_cache(
        plan,
        key_id=context.store.access_key_id,
        entries=context.sessions.entries() if request.cache is CacheMode.USE else (),
        at=clock.now(),
        min_ttl=find_min_ttl(context.environ),
        blobs=context.sessions,
        environ=context.environ,
    )
    return CacheView(
        states={id(step): cached.state for step, cached in zip(plan.steps, seen, strict=True)},
        ends={id(step): cached.until for step, cached in zip(plan.steps, seen, strict=True)},
    )
