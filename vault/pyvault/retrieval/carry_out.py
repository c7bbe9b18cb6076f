"""How each kind of step is carried out. Imports only what the one at hand needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from pyvault.planning.steps import (
    AssumeRoleStep,
    FederationStep,
    LoginSessionStep,
    PlaintextStep,
    ProcessStep,
    SessionTokenStep,
    SourceStep,
    SsoStep,
    StoredStep,
    WebIdentityStep,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.model import Credentials
    from pyvault.planning.steps import Step
    from pyvault.retrieval.origin import Origin
    from pyvault.retrieval.toolbox import Toolbox


def carry_out(step: Step, source: Callable[[], Credentials], tools: Toolbox, origin: Origin) -> Credentials:
    """Return the credentials that a step gives; may ask a human and call AWS.

    Args:
        step: what to do.
        source: gives the credentials of the step before; called only for steps
            that sign with them.
        tools: what to do it with.
        origin: has what the plan begins with, and remembers whose it is.

    Raises:
        CredentialsError: AWS, a command or a human said no.
        ConfigError: the file of a token can't be read, or it is a console sign-in, which only the AWS CLI can use yet.
    """
    match step:
        case StoredStep() | PlaintextStep() | SourceStep() | ProcessStep() | LoginSessionStep():
            return origin.credentials()
        case SsoStep():
            from pyvault.retrieval.from_sso import get_role_credentials

            return get_role_credentials(step, tools.calls, origin.login)
        case WebIdentityStep():
            from pyvault.retrieval.from_sts import assume_role_with_token

            return assume_role_with_token(step, origin.token(step), tools.calls, tools.clock)
        case SessionTokenStep():
            from pyvault.retrieval.from_sts import get_session_token

            return get_session_token(step, source(), tools.calls, tools.mfa)
        case AssumeRoleStep():
            from pyvault.retrieval.from_sts import assume_role

            return assume_role(step, source(), tools.calls, tools.mfa, tools.clock)
        case FederationStep():
            from pyvault.retrieval.from_sts import get_federation_token

            return get_federation_token(step, source(), tools.calls)
        case _ as never:
            assert_never(never)
