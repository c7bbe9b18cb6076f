"""One more role on top of a plan, as ``/role-arn/<ARN>`` asks for it. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.errors import NoCredentialsError
from pyvault.planning.steps import (
    AssumeRoleStep,
    LoginSessionStep,
    PlaintextStep,
    ProcessStep,
    SourceStep,
    StoredStep,
)
from pyvault.record import replace

if TYPE_CHECKING:
    from pyvault.config.clients import ClientSettings
    from pyvault.planning.steps import Plan, Step

CHAINED_LIMIT = timedelta(hours=1)  # AWS: what a role's session may assume lasts at most an hour


def with_role(plan: Plan, role_arn: str) -> Plan:
    """Give a plan that assumes the role with the credentials of this one.

    Neither MFA nor external id: nobody configured this role, a program named it.

    Raises:
        NoCredentialsError: nothing in the plan says how AWS is reached.
    """
    step = AssumeRoleStep(
        profile=plan.profile,
        role_arn=role_arn,
        role_session_name=None,
        external_id=None,
        mfa_serial=None,
        chained_mfa=False,
        duration=CHAINED_LIMIT,
        capped=True,
        source_identity=None,
        client=_client(plan),
        why="a program asked the credential server for this role",
    )
    return replace(plan, steps=(*plan.steps, step))


def _client(plan: Plan) -> ClientSettings:
    for step in reversed(plan.steps):
        client = _client_of(step)
        if client is not None:
            return client
    raise NoCredentialsError(f"profile {plan.profile!r} has no step that calls AWS, so no role can follow")


def _client_of(step: Step) -> ClientSettings | None:
    if isinstance(step, StoredStep | PlaintextStep | SourceStep | ProcessStep | LoginSessionStep):
        return None
    return step.client
