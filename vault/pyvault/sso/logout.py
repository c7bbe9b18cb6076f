"""End a sign-in: revoke it at AWS, forget it here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pyvault.errors import AwsError, AwsUnreachableError, ItemNotFoundError
from pyvault.sso.oidc import Code, Flow

if TYPE_CHECKING:
    from pyvault.aws.calls import SsoPortal
    from pyvault.clock import Clock
    from pyvault.secret import Secret
    from pyvault.sso.oidc import OidcCalls
    from pyvault.sso.session import SsoSession
    from pyvault.sso.tokens import SsoToken, TokenStore


class Logout(StrEnum):
    """What became of a sign-in."""

    REVOKED = "revoked"
    ALREADY_OVER = "already over"  # AWS did not know the token any more
    ONLY_FORGOTTEN = "only forgotten"  # AWS could not be reached: the token lives until it expires
    NOT_SIGNED_IN = "not signed in"


def logout(session: SsoSession, *, tokens: TokenStore, portal: SsoPortal, oidc: OidcCalls, clock: Clock) -> Logout:
    """Revoke the token of a portal and drop it with the registrations.

    Here it is gone whatever AWS says; the answer tells what AWS said.

    Raises:
        AwsError: AWS refused for another reason than a dead token; the token is
            gone from here all the same.
    """
    try:
        token = tokens.token(session)
    except ItemNotFoundError:
        outcome = Logout.NOT_SIGNED_IN
    else:
        try:
            portal.logout(_living_token(token, oidc, clock))
            outcome = Logout.REVOKED
        except AwsUnreachableError:
            outcome = Logout.ONLY_FORGOTTEN
        except AwsError as error:
            if error.code not in {Code.UNAUTHORIZED, Code.BAD_GRANT, Code.BAD_CLIENT, Code.UNKNOWN_CLIENT}:
                raise
            outcome = Logout.ALREADY_OVER
        finally:
            tokens.drop_token(session)
    for flow in Flow:
        tokens.drop_registration(session, flow)
    return outcome


def _living_token(token: SsoToken, oidc: OidcCalls, clock: Clock) -> Secret[str]:
    """Give an access token that the portal still knows.

    The refresh token outlives the access token, and the portal revokes by the
    access token only; so an expired one is refreshed to be revoked.
    """
    now = clock()
    if token.expires > now or token.refresh_token is None or token.client.expires <= now:
        return token.access_token
    return oidc.refresh(token.client, token.refresh_token).access_token
