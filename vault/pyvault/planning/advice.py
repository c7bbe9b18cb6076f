"""What to change in a config to be asked for fewer MFA codes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.durations import format_duration
from pyvault.planning.limits import LONGEST_CHAINED_ROLE
from pyvault.planning.steps import AssumeRoleStep, SessionTokenStep, StoredStep

if TYPE_CHECKING:
    from pyvault.config.profile import Profile
    from pyvault.planning.steps import Plan


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
