"""AssumeRole, with every rule that a planner of chains must know.

Source: STS API reference, AssumeRole; IAM user guide, "Role chaining" and "MFA condition".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .constraints import EXTERNAL_ID_PATTERN, NAME_PATTERN, Constraints, integer, required
from .errors import validation
from .issued import credentials_xml, role_user_xml
from .mfa import MfaProof, read_proof, spend
from .model import Caller, Operation, Role
from .permissions import authorize, denied
from .principals import role_session_principal
from .query import Call
from .session_policy import check_policy
from .session_tags import Marks, read_marks
from .world import World
from .xml_text import Xml

#: Seconds. Source: STS API reference, AssumeRole, "DurationSeconds".
MIN_ROLE_S, MAX_ROLE_S, DEFAULT_ROLE_S = 900, 43_200, 3600
#: Source: IAM user guide, "Role chaining": at most one hour, whatever the role allows.
CHAINED_ROLE_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The checked parameters of a call."""

    role_arn: str
    session_name: str
    seconds: int
    external_id: str | None
    proof: MfaProof | None
    marks: Marks


def assume_role(call: Call) -> Mapping[str, Xml]:
    """Hand out a role's credentials.

    Raises:
        AwsError: a bound is broken, the MFA code is wrong, or the role doesn't trust the caller.
    """
    wish = _read_wish(call)
    caller, world = call.caller, call.world
    if caller.session is not None and caller.session.made_by is Operation.FEDERATION_TOKEN:
        raise denied(caller, "sts:AssumeRole", wish.role_arn)
    authorize(caller, "sts:AssumeRole", wish.role_arn)
    if wish.proof is not None:
        spend(world, caller, wish.proof)
    role = _trusting_role(world, caller, wish)
    # Every temporary credential counts as a chain here, a plain user's session too:
    # the cautious reading of AWS's rule, and the one that its clients must survive.
    chained = caller.session is not None
    check_duration(role, wish.seconds, chained=chained)
    principal = role_session_principal(role, wish.session_name)
    session = world.new_session(
        principal,
        Operation.ASSUME_ROLE,
        timedelta(seconds=wish.seconds),
        source_key_id=caller.access_key_id,
        chained=chained,
        mfa=wish.proof is not None or (caller.has_mfa and caller.principal.user is not None),
        tags=wish.marks.tags,
        transitive=wish.marks.transitive,
        source_identity=wish.marks.source_identity,
    )
    return {
        "Credentials": credentials_xml(session),
        "AssumedRoleUser": role_user_xml(principal),
        "PackedPolicySize": 0 if wish.marks.tags else None,
        "SourceIdentity": session.source_identity,
    }


def check_duration(role: Role, seconds: int, *, chained: bool) -> None:
    """Hold a duration to the role's maximum and to the hour of a chain.

    Raises:
        AwsError: ``ValidationError`` with the text that AWS has for it.
    """
    if chained and seconds > CHAINED_ROLE_S:
        raise validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if seconds > role.max_session_s:
        raise validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def _read_wish(call: Call) -> Wish:
    form, checks = call.form, Constraints()
    role_arn, name = required(form, "RoleArn"), required(form, "RoleSessionName")
    checks.length("roleArn", role_arn, 20, 2048)
    checks.length("roleSessionName", name, 2, 64)
    checks.pattern("roleSessionName", name, NAME_PATTERN)
    seconds = integer(form, "DurationSeconds", DEFAULT_ROLE_S)
    checks.between("durationSeconds", seconds, MIN_ROLE_S, MAX_ROLE_S)
    external_id = form.get("ExternalId")
    if external_id is not None:
        checks.length("externalId", external_id, 2, 1224)
        checks.pattern("externalId", external_id, EXTERNAL_ID_PATTERN)
    proof = read_proof(form, checks)
    marks = read_marks(form, call.caller.session, checks)
    check_policy(form, marks.tags, checks)
    checks.raise_failures()
    if not role_arn.startswith(f"arn:{call.world.partition}:iam::") or ":role/" not in role_arn:
        raise validation(f"{role_arn} is invalid")
    return Wish(
        role_arn=role_arn,
        session_name=name,
        seconds=seconds,
        external_id=external_id,
        proof=proof,
        marks=marks,
    )


def _trusting_role(world: World, caller: Caller, wish: Wish) -> Role:
    """Find the role, if it trusts this caller; AWS does not say which of the two was missing."""
    role = world.find_role(wish.role_arn)
    actions = ["sts:AssumeRole"]
    if wish.marks.sets_tags:
        actions.append("sts:TagSession")
    if wish.marks.sets_source_identity:
        actions.append("sts:SetSourceIdentity")
    context = _context(caller, wish, world.now())
    for action in actions:
        if role is None or not role.trust.allows(action, caller.principal.trusted_as, context):
            raise denied(caller, action, wish.role_arn)
    if role is None:
        raise denied(caller, "sts:AssumeRole", wish.role_arn)
    return role


def _context(caller: Caller, wish: Wish, now: datetime) -> dict[str, list[str]]:
    context = {
        "sts:RoleSessionName": [wish.session_name],
        "aws:PrincipalArn": [caller.principal.arn],
        "aws:userid": [caller.principal.user_id],
        "aws:TagKeys": [key for key, _ in wish.marks.tags],
    }
    context |= {f"aws:RequestTag/{key}": [value] for key, value in wish.marks.tags}
    if caller.session is not None:
        context |= {f"aws:PrincipalTag/{key}": [value] for key, value in caller.session.tags}
    if wish.external_id is not None:
        context["sts:ExternalId"] = [wish.external_id]
    if wish.marks.source_identity is not None:
        context["sts:SourceIdentity"] = [wish.marks.source_identity]
    # Long-term keys without a code carry no such key at all: "false" and "absent" differ.
    if caller.session is not None or wish.proof is not None:
        context["aws:MultiFactorAuthPresent"] = [str(caller.has_mfa or wish.proof is not None).lower()]
    if caller.session is not None and caller.has_mfa:
        context["aws:MultiFactorAuthAge"] = [str(int((now - caller.session.issued).total_seconds()))]
    return context
