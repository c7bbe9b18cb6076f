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

UNAUTHORIZED = "UnauthorizedException"  # the portal's 401: the token is not valid (any more)


class PortalLogin(Protocol):
    """What returns the access tokens of a portal."""

    def __call__(self, step: SsoStep, *, rejected: Secret[str] | None = None) -> AccessToken:
        """Return the cached token, a refreshed one, or that of a new sign-in.

        Args:
            step: names the portal.
            rejected: a token that the portal refused, to be dropped.

        Raises:
            InputRequiredError: the user has to sign in, and prompts are not allowed.
        """
        ...


def get_role_credentials(step: SsoStep, calls: AwsCalls, login: PortalLogin) -> Credentials:
    """Return the credentials of the step's role from its portal; the user may have to sign in.

    Raises:
        AwsError: AWS refused.
        AwsUnreachableError: AWS gave no answer.
        InputRequiredError: the user has to sign in, and prompts are not allowed.
    """
    portal = calls.sso_portal(step.client)
    token = login(step).access_token
    try:
        return portal.get_role_credentials(step, token)
    except AwsError as refusal:
        if refusal.code != UNAUTHORIZED:
            raise
    # An administrator ended the session, or a clock was wrong: try once with a new token.
    return portal.get_role_credentials(step, login(step, rejected=token).access_token)
