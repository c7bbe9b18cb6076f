"""What a run asks for beside its profile's settings: policies, tags and an identity for the session it gets. Pure.

They go into the last request of the plan and into no other: what signs it may need rights
that the program shall not have. A further role that a program asks a server for is the last
request then. Whatever the last request can't carry is refused.

Source: AWS STS API Reference, AssumeRole, AssumeRoleWithWebIdentity, GetFederationToken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyvault.config.partition import find_partition_of_arn, partition_of_region
from pyvault.config.sources import Skip
from pyvault.errors import NotNarrowableError
from pyvault.planning.limits import check_tag_pairs
from pyvault.planning.plan import FULL_POLICY
from pyvault.planning.steps import (
    AssumeRoleStep,
    FederationStep,
    Plan,
    ProcessStep,
    SessionTokenStep,
    SourceStep,
    Step,
    StoredStep,
    WebIdentityStep,
)
from pyvault.record import Record, replace

if TYPE_CHECKING:
    from pyvault.config.profile import Profile

POLICY: Final = "session policy"
TAGS: Final = "session tags"
IDENTITY: Final = "source identity"

#: Every partition has this managed policy; it allows to read data, not only names and settings.
#: Source: AWS Managed Policy Reference, ReadOnlyAccess.
READ_ONLY: Final = "arn:{}:iam::aws:policy/ReadOnlyAccess"


class Narrowing(Record):
    """What is asked for, checked against the limits of AWS.

    Attributes:
        policy: a policy document as it is sent.
        policy_arns: managed policies.
        read_only: the managed policy ReadOnlyAccess, alone.
        tags: beside those of the profile; of the same key, these count.
        source_identity: instead of the profile's.
    """

    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    read_only: bool = False
    tags: tuple[tuple[str, str], ...] = ()
    source_identity: str | None = None

    @property
    def has_policy(self) -> bool:
        """Whether what the session may do is restricted."""
        return self.read_only or self.policy is not None or bool(self.policy_arns)

    def parts(self) -> tuple[str, ...]:
        """Name what is asked for."""
        asked = ((POLICY, self.has_policy), (TAGS, self.tags), (IDENTITY, self.source_identity))
        return tuple(part for part, is_asked in asked if is_asked)


def accepts(step: Step, part: str) -> bool:
    """Return whether the request of a step can carry this part."""
    match step:
        case AssumeRoleStep():
            return True
        case FederationStep():
            return part != IDENTITY
        case WebIdentityStep():
            return part == POLICY
        case _:
            return False


def narrow(plan: Plan, wanted: Narrowing) -> Plan:
    """Return the plan with what is wanted in its last request.

    Raises:
        NotNarrowableError: that request can't carry it, or the profile has session policies of its own.
        InvalidSettingError: together with the profile's tags there are too many.
    """
    last = plan.steps[-1]
    for part in wanted.parts():
        if not accepts(last, part):
            raise _cannot_carry(plan, last, part)
    return replace(plan, steps=(*plan.steps[:-1], _with(last, wanted)), narrowing=wanted, unnarrowed=plan.steps)


def _with(step: Step, wanted: Narrowing) -> Step:
    arns = (READ_ONLY.format(_partition(step)),) if wanted.read_only else wanted.policy_arns
    match step:
        case AssumeRoleStep():
            _refuse_two_policies(step, wanted)
            if wanted.has_policy:
                step = replace(step, policy=wanted.policy, policy_arns=arns)
            if wanted.tags:
                step = replace(step, session_tags=_merged(step, wanted.tags))
            return step if wanted.source_identity is None else replace(step, source_identity=wanted.source_identity)
        case WebIdentityStep():
            _refuse_two_policies(step, wanted)
            return replace(step, policy=wanted.policy, policy_arns=arns)
        case FederationStep():
            _refuse_two_policies(step, wanted)
            if wanted.has_policy:  # instead of the one that allows everything
                step = replace(step, policy=wanted.policy, policy_arns=arns)
            return replace(step, session_tags=wanted.tags)
        case _:
            return step


def _partition(step: Step) -> str:
    if isinstance(step, AssumeRoleStep | WebIdentityStep) and (found := find_partition_of_arn(step.role_arn)):
        return found.name
    client = getattr(step, "client", None)
    return partition_of_region(client.region if client else "").name


def _merged(step: AssumeRoleStep, tags: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the profile's tags with these; AWS ignores the case of keys."""
    new = {key.casefold() for key, _ in tags}
    merged = (*(pair for pair in step.session_tags if pair[0].casefold() not in new), *tags)
    check_tag_pairs(merged, f"the session tags of profile {step.profile!r} and those that were given")
    return merged


def _refuse_two_policies(step: AssumeRoleStep | WebIdentityStep | FederationStep, wanted: Narrowing) -> None:
    if wanted.has_policy and _has_policy(step):
        raise NotNarrowableError(
            f"profile {step.profile!r} has a session policy of its own, and AWS would allow what either policy allows",
            hint="use another profile for the role, without policy and policy_arns",
        )


def _has_policy(step: Step) -> bool:
    policy = getattr(step, "policy", None)
    return (policy is not None and policy != FULL_POLICY) or bool(getattr(step, "policy_arns", ()))


def check_own_policy(plan: Plan, profile: Profile) -> None:
    """Check that a policy in the profile restricts what a program gets, and is not set in vain.

    Raises:
        NotNarrowableError: the last request of the plan has none.
    """
    for setting, is_set in (("policy", profile.policy), ("policy_arns", profile.policy_arns)):
        if is_set and not _has_policy(plan.steps[-1]):
            refusal = _cannot_carry(plan, plan.steps[-1], POLICY)
            raise NotNarrowableError(f"{profile.describe(setting)}: {refusal.message}", hint=refusal.hint)


def _cannot_carry(plan: Plan, last: Step, part: str) -> NotNarrowableError:
    message = f"profile {plan.profile!r} takes no {part}: its credentials are made by {last.op}, which takes none"
    if isinstance(last, StoredStep | ProcessStep | SourceStep):
        message = f"profile {plan.profile!r} takes no {part}: the program would get the credentials as they are"
    further = "a further" if isinstance(last, WebIdentityStep) else "a"
    ways = [f"a profile with {further} role_arn, and source_profile = {plan.profile}, can be narrowed"]
    keys = isinstance(plan.steps[0], StoredStep) and not any(getattr(step, "mfa_serial", None) for step in plan.steps)
    if keys and isinstance(last, SessionTokenStep | StoredStep) and part != IDENTITY:
        from pyvault.surface import option

        if federate := option("federate"):
            ways.append(f"{federate} makes a federated session of the stored keys, without IAM and STS")
    if part == POLICY:
        ways.append("read_only_profile in the profile names another, for reading only")
    return NotNarrowableError(message, hint="; ".join(ways))


def stand_in(plan: Plan, profile: Profile, wanted: Narrowing) -> str | None:
    """Return the profile to use instead, because this one's session can't be made to read only; None for this one.

    Raises:
        NotNarrowableError: the profile names itself.
    """
    if not wanted.read_only or accepts(plan.steps[-1], POLICY):
        return None
    if profile.read_only_profile == profile.name:
        raise NotNarrowableError(
            f"{profile.describe('read_only_profile')}: the profile can't stand in for itself",
            hint="name one whose role or permission set can only read",
        )
    return profile.read_only_profile


def standing_in(plan: Plan, instead_of: Plan, profile: Profile, wanted: Narrowing) -> Plan:
    """Return the plan of a ``read_only_profile`` with what else is wanted, and for explain the reason why it is used.

    A further role that a program asks a server for is no part of that profile: it is narrowed to reading.

    Raises:
        NotNarrowableError: as :func:`narrow`.
    """
    last = instead_of.steps[-1]
    why = f"it takes no {POLICY}, so read-only credentials are those of {plan.profile!r}, its read_only_profile"
    narrowed = narrow(plan, replace(wanted, read_only=False))
    skips = (Skip(op=last.op, profile=profile.name, why=why), *plan.skips)
    return replace(narrowed, skips=skips, narrowing=wanted)


def check_federated(plan: Plan, profile: Profile) -> None:
    """Check that a plan which was to end in a federated session does.

    Raises:
        NotNarrowableError: it has no stored keys to make one of, or they are used with MFA.
    """
    serial = next((member.mfa_serial for member in profile.chain() if member.mfa_serial), None)
    if not isinstance(plan.steps[-1], FederationStep):
        raise NotNarrowableError(
            f"profile {plan.profile!r} can't be federated: only the stored keys of a user can,"
            f" and its credentials are made by {plan.steps[-1].op}"
        )
    if serial is not None:
        raise NotNarrowableError(
            f"profile {plan.profile!r} can't be federated: it has the MFA device {serial!r},"
            " and AWS takes no code for a federated session",
            hint=f"a profile with a role_arn, and source_profile = {plan.profile}, keeps the MFA",
        )
