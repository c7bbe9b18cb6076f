"""Decide how a profile gets its credentials, with reasons. Pure.

A plan is a line of steps. It begins at the nearest profile of the chain that has
its own credentials, and comes back over the profiles that use it as source; each may
add a session (GetSessionToken) and a role (AssumeRole):

* A session is made of long-lived keys only, so that one MFA code serves many roles:
  for a profile without a role, and for the source of a role when both name the same
  MFA device. A command or a credential source may return such keys: if they would reach
  the program and the profile has its own MFA device, the session is planned with a
  condition. Not if exactly one role follows and is to last more than an hour: AWS
  limits the roles of a session to one hour.
* A role sends no code if the session was made with its MFA device ("chained MFA").
* A role that a session signs for is capped at one hour.

Longer than most files: each decision looks at the draft that the others left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyvault.config.client_settings import client_of, home_partition
from pyvault.config.sources import Skip
from pyvault.errors import ProfileNotFoundError
from pyvault.planning.first_step import PlanOptions, first_step
from pyvault.planning.limits import (
    LONGEST_CHAINED_ROLE,
    LONGEST_ROLE,
    LONGEST_SESSION,
    check_duration,
    check_policies,
    check_tags,
    check_text,
)
from pyvault.planning.reasons import why_no_session, why_role, why_session, why_switched_off
from pyvault.planning.steps import (
    IF_LONG_TERM,
    AssumeRoleStep,
    FederationStep,
    PlaintextStep,
    Plan,
    ProcessStep,
    SessionTokenStep,
    SourceStep,
    Step,
    StoredStep,
    WebIdentityStep,
)
from pyvault.record import MutableRecord, field

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyvault.config.account import ClaimedAccount
    from pyvault.config.partition import Partition
    from pyvault.config.profile import Profile

__all__ = ["PlanOptions", "make_plan"]

#: Without a policy a federated session may do nothing: this one takes nothing away
#: from what the user may do. Source: STS API Reference, GetFederationToken.
FULL_POLICY: Final = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'

DEFAULT_OPTIONS: Final = PlanOptions()


class _Draft(MutableRecord):
    """A plan that is being made.

    Attributes:
        long_lived: the credentials so far are a key pair that does not expire; None if
            only the command or credential source that returns them can tell.
        external: a command or a credential source returns the first credentials.
        chained_mfa: the device whose code the session so far was made with.
    """

    partition: Partition
    options: PlanOptions
    steps: list[Step]
    long_lived: bool | None
    external: bool
    skips: list[Skip] = field(default_factory=list[Skip])
    chained_mfa: str | None = None


def make_plan(profile: Profile, *, stored: Collection[str], options: PlanOptions = DEFAULT_OPTIONS) -> Plan:
    """Decide how a profile gets its credentials.

    Args:
        profile: as :func:`pyvault.config.load.load_profile` resolved it.
        stored: names of the profiles whose keys are in the vault.
        options: of the command.

    Raises:
        ProfileNotFoundError: no section and no stored keys for the profile or its source.
        NoCredentialsError: the profile has no source of credentials.
        InvalidSettingError: AWS would refuse what a step asks for.
        ConfigError: the problem that the profile was loaded with.
    """
    if profile.problem is not None:
        raise profile.problem
    line = _line(profile, stored)
    origin = line[-1]
    claims: dict[int, ClaimedAccount] = {}
    partition = home_partition(line)
    step = first_step(origin, stored=stored, options=options, partition=partition)
    draft = _Draft(
        partition=partition,
        options=options,
        steps=[step],
        long_lived=_is_long_lived(step),
        external=isinstance(step, ProcessStep | SourceStep),
        skips=[skip for member in line for skip in member.skips],
    )
    for position in reversed(range(len(line))):
        user = line[position - 1] if position else None
        if draft.external:
            _add_conditional_session(draft, line, position)
        else:
            _add_session(draft, line, position, user)
        _add_role(draft, line[position])
        if position == 0 and options.federation and draft.long_lived:
            _add_federation(draft, profile)
        if (claim := line[position].claimed_account) is not None:
            from pyvault.planning.account_claims import check_step

            check_step(claim, draft.steps[-1])
            claims[len(draft.steps) - 1] = claim
    last_client = client_of(profile, partition)
    notes = [note for member in line for note in member.notes]
    if last_client.region_is_default:
        notes.append(f"no region is set for profile {profile.name!r}: calls go to {last_client.region!r}")
    return Plan(
        profile=profile.name,
        steps=tuple(draft.steps),
        skips=tuple(draft.skips),
        exposes_long_term_credentials=draft.long_lived,
        mfa_process=profile.mfa_process,
        region=profile.region,
        client=profile.client,
        claims=claims,
        notes=tuple(notes),
    )


def _line(profile: Profile, stored: Collection[str]) -> list[Profile]:
    """Return the profiles from the named one to the one whose credentials begin the plan."""
    line: list[Profile] = []
    for member in profile.chain():
        if not member.known and member.name not in stored:
            raise _not_found(member, line[-1] if line else None)
        line.append(member)
        if member.name in stored:  # its own keys win over its source
            break
    return line


def _not_found(profile: Profile, user: Profile | None) -> ProfileNotFoundError:
    message = f"profile {profile.name!r} not found: it has no section in the config file and no stored credentials"
    if user is not None:
        message = f"{user.describe('source_profile')}: {message}"
    from pyvault.surface import call

    return ProfileNotFoundError(message, hint=f"{call('list')} shows all profiles")


def _is_long_lived(step: Step) -> bool | None:
    match step:
        case StoredStep():
            return True
        case PlaintextStep():
            return step.credentials.session_token is None
        case ProcessStep() | SourceStep():
            return None
        case _:
            return False


def _add_session(draft: _Draft, line: list[Profile], position: int, user: Profile | None) -> None:
    """Add GetSessionToken where it helps."""
    profile = line[position]
    is_source_of_role = user is not None and user.role_arn is not None
    if not draft.long_lived or (profile.role_arn is not None and not is_source_of_role):
        return
    if _keeps_full_duration(line[: position + 1]):
        return
    reason = why_no_session(line[: position + 1], draft.options)
    if reason is not None:
        draft.skips.append(Skip(op=SessionTokenStep.op, profile=profile.name, why=reason))
        return
    draft.steps.append(_session(draft, line, position, condition=None, why=why_session(profile, user)))
    draft.long_lived = False
    draft.chained_mfa = profile.mfa_serial


def _add_conditional_session(draft: _Draft, line: list[Profile], position: int) -> None:
    """Add GetSessionToken for keys from a command or a credential source, in case they are long-term.

    Only for what would reach the program: a role on top sends its own code.
    """
    users = line[: position + 1]
    is_planned = any(isinstance(step, SessionTokenStep) for step in draft.steps)
    if is_planned or not line[position].mfa_is_own or any(user.role_arn is not None for user in users):
        return
    if isinstance(draft.steps[-1], AssumeRoleStep) or why_switched_off(users, draft.options) is not None:
        return
    why = "its MFA device is for long-term keys; credentials with a session token are passed on unchanged"
    draft.steps.append(_session(draft, line, position, condition=IF_LONG_TERM, why=why))


def _session(draft: _Draft, line: list[Profile], position: int, *, condition: str | None, why: str) -> SessionTokenStep:
    """Return the step of a session; its duration depends on its place in the chain."""
    profile = line[position]
    setting = "chained_get_session_token_duration" if position else "get_session_token_duration"
    duration = profile.chained_get_session_token_duration if position else profile.get_session_token_duration
    check_duration(profile, setting, duration, LONGEST_SESSION)
    check_text(profile, "mfa_serial")
    return SessionTokenStep(
        profile=profile.name,
        mfa_serial=profile.mfa_serial,
        mfa_process=_mfa_process(line, position),
        duration=duration,
        condition=condition,
        client=client_of(profile, draft.partition),
        why=why,
    )


def _keeps_full_duration(users: list[Profile]) -> bool:
    """Return whether exactly one role follows and is to last longer than a session's roles may."""
    roles = [profile for profile in users if profile.role_arn is not None]
    return len(roles) == 1 and roles[0].assume_role_duration > LONGEST_CHAINED_ROLE


def _add_role(draft: _Draft, profile: Profile) -> None:
    """Add AssumeRole if the profile names a role (one by web identity is already there)."""
    last = draft.steps[-1]
    is_done = isinstance(last, WebIdentityStep) and last.profile == profile.name
    if profile.role_arn is None or is_done:
        return
    configured = profile.assume_role_duration
    duration = configured if draft.long_lived else min(configured, LONGEST_CHAINED_ROLE)
    check_duration(profile, "assume_role_duration", duration, LONGEST_ROLE)
    chained = profile.mfa_serial is not None and profile.mfa_serial == draft.chained_mfa
    # The device of [default] need not belong to the identity that a command or credential source returns.
    without_mfa = chained or (draft.external and _is_of_default(profile))
    check_text(profile, "role_arn", "role_session_name", "external_id", "source_identity", "mfa_serial")
    check_tags(profile)
    check_policies(profile)
    draft.steps.append(
        AssumeRoleStep(
            profile=profile.name,
            role_arn=profile.role_arn,
            role_session_name=profile.role_session_name,
            external_id=profile.external_id,
            mfa_serial=None if without_mfa else profile.mfa_serial,
            mfa_process=None if without_mfa else profile.mfa_process,
            chained_mfa=chained,
            duration=duration,
            capped=duration < configured,
            session_tags=profile.session_tags,
            transitive_tags=profile.transitive_session_tags,
            source_identity=profile.source_identity,
            policy=profile.policy,
            policy_arns=profile.policy_arns,
            client=client_of(profile, draft.partition),
            why=why_role(profile, last, chained=chained, without_mfa=without_mfa, capped=duration < configured),
        )
    )
    draft.long_lived = False


def _is_of_default(profile: Profile) -> bool:
    """Return whether the MFA device is merely inherited from ``[default]``, not set by a variable."""
    return profile.mfa_serial is not None and not profile.mfa_is_own and "mfa_serial" in profile.places


def _add_federation(draft: _Draft, profile: Profile) -> None:
    duration = profile.federation_token_duration
    check_duration(profile, "federation_token_duration", duration, LONGEST_SESSION)
    check_policies(profile)
    draft.steps.append(
        FederationStep(
            profile=profile.name,
            name=None,
            duration=duration,
            policy=profile.policy or (None if profile.policy_arns else FULL_POLICY),
            policy_arns=profile.policy_arns,
            client=client_of(profile, draft.partition),
            why="long-lived keys stay in the vault; AWS can't require MFA here, so a role with MFA is better",
        )
    )
    draft.long_lived = False


def _mfa_process(line: list[Profile], position: int) -> str | None:
    """Return the command for a source's code: its own, else that of the profile that needs the session."""
    if line[position].mfa_serial is None:
        return None
    return next((user.mfa_process for user in reversed(line[: position + 1]) if user.mfa_process), None)
