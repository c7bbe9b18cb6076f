"""What a plan can say and nobody here can carry out yet. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ConfigError
from pyvault.planning.steps import LoginSessionStep

if TYPE_CHECKING:
    from pyvault.planning.steps import Plan


def require_built(plan: Plan) -> None:
    """Raise where a step can't be carried out, before anything is asked or started.

    Raises:
        ConfigError: names the setting and the way around it.
    """
    for step in plan.steps:
        if isinstance(step, LoginSessionStep):
            raise console_sign_in(step)


def console_sign_in(step: LoginSessionStep) -> ConfigError:
    """Return the error of a profile whose credentials only the AWS CLI can get."""
    from shlex import quote

    name = quote(step.profile)
    return ConfigError(
        f"profile {step.profile!r}: its credentials come from login_session, which only the AWS CLI can use",
        hint=f"'aws login --profile {name}' signs in; then another profile takes the credentials with"
        f" 'credential_process = aws configure export-credentials --profile {name}'",
    )
