"""Why a plan is as it is, in words for ``explain``. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.durations import format_duration
from pyvault.planning.limits import LONGEST_CHAINED_ROLE
from pyvault.planning.steps import ProcessStep, SourceStep

if TYPE_CHECKING:
    from pyvault.config.profile import Profile
    from pyvault.planning.source import PlanOptions
    from pyvault.planning.steps import Step


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
