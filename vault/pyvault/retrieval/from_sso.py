"""The credentials of a role through IAM Identity Center: sso:GetRoleCredentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyvault.errors import AwsError

if TYPE_CHECKING:
    from pyvault.aws.calls import AwsCalls
    from pyvault.model import Credentials
    from pyvault.planning.steps import SsoStep
    from pyvault.secret import Secret
    from pyvault.sso.tokens import AccessToken

UNAUTHORIZED = "UnauthorizedException"  # the portal's 401: the token is not good (any more)


class PortalLogin(Protocol):
    """Where access tokens of a portal come from."""

    def __call__(self, step: SsoStep, *, rejected: Secret[str] | None = None) -> AccessToken:
        """Give the token at hand, a refreshed one, or have a person log in.

        Args:
            step: whose portal.
            rejected: a token that the portal did not take, to be dropped.

        Raises:
            InputRequiredError: a person has to log in, and nobody may be asked.
        """
        ...


def get_role_credentials(step: SsoStep, calls: AwsCalls, login: PortalLogin) -> Credentials:
    """Return the credentials of the step's role from its portal; may have a person log in.

    Raises:
        AwsError: AWS refused.
        AwsUnreachableError: AWS gave no answer.
        InputRequiredError: nobody may be asked to log in.
    """
    portal = calls.sso_portal(step.client)
    token = login(step).access_token
    try:
        return portal.get_role_credentials(step, token)
    except AwsError as refusal:
        if refusal.code != UNAUTHORIZED:
            raise
    # An administrator ended the session, or a clock was wrong: a new token, once.
    return portal.get_role_credentials(step, login(step, rejected=token).access_token)
