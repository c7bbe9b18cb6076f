"""Which provider carries out a step. Imports only the one that is needed."""

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
    from typing import Protocol

    from pyvault.model import Credentials
    from pyvault.origin import Origin
    from pyvault.toolbox import Toolbox

    class Provider(Protocol):
        """One way to get credentials, ready to go."""

        def retrieve(self) -> Credentials:
            """Get them; may ask a human and call AWS."""
            ...

    from pyvault.planning.steps import Step


def provider_for(  # noqa: C901, PLR0911 - one case per kind of step
    step: Step, source: Callable[[], Credentials], tools: Toolbox, origin: Origin
) -> Provider:
    """Give the provider of a step.

    Args:
        step: what to do.
        source: gives the credentials of the step before; called only for steps
            that sign with them.
        tools: what to do it with.
        origin: runs commands and gives tokens, and remembers whose they are.

    Raises:
        CredentialsError: there is no token.
        ConfigError: the file of a token can't be read, or it is a console sign-in, which only the AWS CLI can use yet.
    """
    match step:
        case StoredStep():
            from pyvault.providers.stored import Stored

            return Stored(step=step, store=tools.store)
        case PlaintextStep():
            from pyvault.providers.plaintext import Plaintext

            return Plaintext(step=step)
        case SourceStep():
            from pyvault.providers.surroundings import Surroundings

            return Surroundings(step=step, environ=tools.environ)
        case ProcessStep():
            from pyvault.providers.credential_process import CredentialProcess

            return CredentialProcess(step=step, run=origin.run, clock=tools.clock)
        case LoginSessionStep():
            from pyvault.planning.source import console_sign_in

            raise console_sign_in(step)
        case WebIdentityStep():
            from pyvault.providers.web_identity import WebIdentity

            return WebIdentity(step=step, token=origin.token(step), calls=tools.calls, clock=tools.clock)
        case SsoStep():
            from pyvault.providers.sso_role import SsoRole

            return SsoRole(step=step, calls=tools.calls, login=origin.login)
        case SessionTokenStep():
            from pyvault.providers.session_token import SessionToken

            return SessionToken(step=step, source=source(), calls=tools.calls, mfa=tools.mfa)
        case AssumeRoleStep():
            from pyvault.providers.assume_role import AssumeRole

            return AssumeRole(step=step, source=source(), calls=tools.calls, mfa=tools.mfa, clock=tools.clock)
        case FederationStep():
            from pyvault.providers.federation import Federation

            return Federation(step=step, source=source(), calls=tools.calls)
        case _ as never:
            assert_never(never)
