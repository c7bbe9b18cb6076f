"""Why a plan is as it is, in words for ``explain``; and what to change to be asked for fewer MFA codes. Pure."""

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
    """Say what the session of a profile is good for; *user* is the profile that stands on it."""
    if user is None:
        return "its keys stay in the vault: the program gets a session that expires"
    return f"one code of {profile.mfa_serial!r} serves {user.name!r} and all others that stand on {profile.name!r}"


def why_no_session(users: list[Profile], options: PlanOptions) -> str | None:
    """Say why the last of *users* gets no session; None if it gets one."""
    if (why := why_switched_off(users, options)) is not None:
        return why
    return None if len(users) == 1 else _why_no_shared_code(users[-1], users[-2])


def why_switched_off(users: list[Profile], options: PlanOptions) -> str | None:
    """Return why the command wants no session for the last of *users*; None if it may have one."""
    profile = users[-1]
    if options.no_session:
        return "sessions are switched off (--no-session)"
    if options.disable_sessions_for == profile.name:
        return f"sessions are switched off for {profile.name!r}"
    if options.federation and all(user.role_arn is None for user in users):
        return "AWS lets no session ask for a federated one, so the keys do"
    return None


def _why_no_shared_code(profile: Profile, user: Profile) -> str | None:
    if user.mfa_serial is None:
        return f"{user.name!r} names no MFA device, so a session would save no code"
    if profile.mfa_serial is None:
        return f"{profile.name!r} names no MFA device, so {user.name!r} sends a code of its own"
    if profile.mfa_serial != user.mfa_serial:
        return f"{profile.name!r} and {user.name!r} name different MFA devices"
    return None


def why_role(profile: Profile, last: Step, *, chained: bool, without_mfa: bool, capped: bool) -> str:
    """Say why a role is assumed as it is, after *last*."""
    reasons = [f"{profile.name!r} names this role"]
    if chained:
        reasons.append("the session carries its MFA already")
    elif without_mfa:
        reasons.append("the MFA device of [default] is not for keys that a command or the surroundings give")
    if not capped and profile.assume_role_duration > LONGEST_CHAINED_ROLE:
        reasons.append("it is wanted for more than the hour that a session's roles may last, so the keys sign the call")
    if capped:
        kind = "may carry a session token" if isinstance(last, ProcessStep | SourceStep) else "carry a session token"
        wanted = format_duration(profile.assume_role_duration)
        reasons.append(f"{wanted} is cut to one hour, as the credentials that sign the call {kind}")
    return "; ".join(reasons)


def find_advice(plan: Plan, profile: Profile) -> list[str]:
    """Say for each code that a plan needs how to need it less often."""
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
        advice.append(
            "mfa_process in the profile names a command that prints codes;"
            " pyvault add --totp keeps the secret of a device in the vault and makes them"
        )
    return advice


def _for_role(plan: Plan, step: AssumeRoleStep, profile: Profile) -> str | None:
    """Say what would let this role's code be shared; None if nothing would."""
    begins = plan.steps[0]
    if not isinstance(begins, StoredStep):
        return None
    if begins.profile == step.profile:
        own = f"a profile of its own for the role, with source_profile = {step.profile},"
        return f"{own} shares one code among all roles of {step.profile!r}"
    if any(skip.profile == begins.profile and "--no-session" in skip.why for skip in plan.skips):
        return "without --no-session one code serves all roles of the source"
    source = next((member for member in profile.chain() if member.name == begins.profile), None)
    if source is not None and source.mfa_serial != step.mfa_serial:
        both = f"mfa_serial = {step.mfa_serial} in profile {source.name!r} too"
        return f"{both} lets one code serve all roles for {format_duration(source.chained_get_session_token_duration)}"
    if profile.assume_role_duration > LONGEST_CHAINED_ROLE:
        now = f"now {format_duration(profile.assume_role_duration)}, from {profile.origins['assume_role_duration']}"
        limit = format_duration(LONGEST_CHAINED_ROLE)
        return f"with a role duration of {limit} or less ({now}) one code serves all roles of the source"
    return None
