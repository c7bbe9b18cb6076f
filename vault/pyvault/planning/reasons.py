"""Why a plan is as it is, in words for ``explain``; and how to need fewer MFA codes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.values import format_duration
from pyvault.planning.limits import LONGEST_CHAINED_ROLE
from pyvault.planning.steps import AssumeRoleStep, ProcessStep, SessionTokenStep, SourceStep, StoredStep

if TYPE_CHECKING:
    from pyvault.config.profile import Profile
    from pyvault.planning.first_step import PlanOptions
    from pyvault.planning.steps import Plan, Step


def why_session(profile: Profile, user: Profile | None) -> str:
    """Return why a profile gets a session; *user* is the profile that has it as source."""
    if user is None:
        return "its keys stay in the vault: the program gets a session that expires"
    return (
        f"one code of {profile.mfa_serial!r} serves {user.name!r} and all profiles that use {profile.name!r} as source"
    )


def why_no_session(users: list[Profile], options: PlanOptions) -> str | None:
    """Return why the last of *users* gets no session; None if it gets one."""
    if (why := why_switched_off(users, options)) is not None:
        return why
    return None if len(users) == 1 else _why_no_shared_code(users[-1], users[-2])


def why_switched_off(users: list[Profile], options: PlanOptions) -> str | None:
    """Return why options rule out a session for the last of *users*; None if they don't."""
    profile = users[-1]
    if options.no_session:
        return f"sessions are disabled ({_no_session()})"
    if options.disable_sessions_for == profile.name:
        return f"sessions are disabled for {profile.name!r}"
    if options.federation and all(user.role_arn is None for user in users):
        return "AWS doesn't let a session request a federated one, so the keys do"
    return None


def _no_session() -> str:
    from pyvault.surface import argument

    return argument("no_session", value=True)


def _why_no_shared_code(profile: Profile, user: Profile) -> str | None:
    if user.mfa_serial is None:
        return f"{user.name!r} has no MFA device, so a session would save no code"
    if profile.mfa_serial is None:
        return f"{profile.name!r} has no MFA device, so {user.name!r} sends its own code"
    if profile.mfa_serial != user.mfa_serial:
        return f"{profile.name!r} and {user.name!r} have different MFA devices"
    return None


def why_role(profile: Profile, last: Step, *, chained: bool, without_mfa: bool, capped: bool) -> str:
    """Return why a role is assumed as it is, after *last*."""
    reasons = [f"{profile.name!r} names this role"]
    if chained:
        reasons.append("the session already has its MFA")
    elif without_mfa:
        reasons.append("the MFA device of [default] does not apply to keys from a command or a credential source")
    if not capped and profile.assume_role_duration > LONGEST_CHAINED_ROLE:
        reasons.append("it lasts longer than the hour that a session's roles may last, so the keys sign the call")
    if capped:
        kind = "may carry a session token" if isinstance(last, ProcessStep | SourceStep) else "carry a session token"
        configured = format_duration(profile.assume_role_duration)
        reasons.append(f"{configured} is reduced to one hour because the credentials that sign the call {kind}")
    return "; ".join(reasons)


def find_advice(plan: Plan, profile: Profile) -> list[str]:
    """Return how to need each of a plan's MFA codes less often."""
    members = {member.name: member for member in profile.chain()}
    advice: list[str] = []
    asks = False
    for step in plan.steps:
        if not isinstance(step, AssumeRoleStep | SessionTokenStep) or step.mfa_serial is None:
            continue
        asks = asks or step.mfa_process is None
        if isinstance(step, AssumeRoleStep):
            advice += filter(None, [_for_role(plan, step, members[step.profile])])
    if asks:
        from pyvault.surface import call

        advice.append(
            "set mfa_process in the profile to a command that prints codes;"
            f" or let {call('put_totp')} store the secret of a device in the vault, which then makes them"
        )
    return advice


def _for_role(plan: Plan, step: AssumeRoleStep, profile: Profile) -> str | None:
    """Return how this role could share a code; None if it can't."""
    first = plan.steps[0]
    if not isinstance(first, StoredStep):
        return None
    if first.profile == step.profile:
        separate = f"a separate profile for the role, with source_profile = {step.profile},"
        return f"{separate} shares one code among all roles of {step.profile!r}"
    if any(skip.profile == first.profile and _no_session() in skip.why for skip in plan.skips):
        return f"without {_no_session()} one code serves all roles of the source"
    source = next((member for member in profile.chain() if member.name == first.profile), None)
    if source is not None and source.mfa_serial != step.mfa_serial:
        both = f"mfa_serial = {step.mfa_serial} in profile {source.name!r} too"
        return f"{both} lets one code serve all roles for {format_duration(source.chained_get_session_token_duration)}"
    if profile.assume_role_duration > LONGEST_CHAINED_ROLE:
        now = f"now {format_duration(profile.assume_role_duration)}, from {profile.origins['assume_role_duration']}"
        limit = format_duration(LONGEST_CHAINED_ROLE)
        return f"with a role duration of {limit} or less ({now}) one code serves all roles of the source"
    return None
