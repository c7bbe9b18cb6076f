"""One more role on top of a plan, as ``/role-arn/<ARN>`` requests it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import NoCredentialsError
from pyvault.planning.limits import LONGEST_CHAINED_ROLE
from pyvault.planning.steps import (
    AssumeRoleStep,
    FederationStep,
    PlaintextStep,
    ProcessStep,
    SourceStep,
    StoredStep,
)
from pyvault.record import replace

if TYPE_CHECKING:
    from pyvault.config.clients import ClientSettings
    from pyvault.planning.steps import Plan


def with_role(plan: Plan, role_arn: str) -> Plan:
    """Return a plan that assumes the role with the credentials of this one.

    Neither MFA nor external id: nobody configured this role, a program named it. If this
    plan was narrowed, the role is: it is what the program gets.

    Raises:
        NoCredentialsError: no step of the plan has client settings.
    """
    client = _client(plan)
    base = plan.unnarrowed or plan.steps
    if isinstance(base[-1], FederationStep):  # its session may not call STS, the keys may
        base = base[:-1]
    step = AssumeRoleStep(
        profile=plan.profile,
        role_arn=role_arn,
        role_session_name=None,
        external_id=None,
        mfa_serial=None,
        chained_mfa=False,
        duration=LONGEST_CHAINED_ROLE,
        capped=True,
        source_identity=None,
        client=client,
        why="a program asked the credential server for this role",
    )
    claims = {place: claim for place, claim in plan.claims.items() if place < len(base)}
    asked = replace(plan, steps=(*base, step), claims=claims, narrowing=None, unnarrowed=())
    if plan.narrowing is None:
        return asked
    from pyvault.planning.narrowing import narrow

    return narrow(asked, plan.narrowing)


def _client(plan: Plan) -> ClientSettings:
    for step in reversed(plan.steps):
        if not isinstance(step, StoredStep | PlaintextStep | SourceStep | ProcessStep):
            return step.client
    raise NoCredentialsError(f"profile {plan.profile!r} makes no AWS call, so it can't assume a further role")
