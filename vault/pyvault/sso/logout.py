"""End a sign-in: revoke it at AWS, forget it here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pyvault.errors import NO_ANSWER, AwsError, ItemCorruptError, ItemNotFoundError
from pyvault.sso.oidc import Code, Flow

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.aws.calls import SsoPortal
    from pyvault.clock import Clock
    from pyvault.secret import Secret
    from pyvault.sessions.single_flight import SingleFlight
    from pyvault.sso.oidc import OidcCalls
    from pyvault.sso.session import SsoSession
    from pyvault.sso.tokens import SsoToken, TokenStore


class Logout(StrEnum):
    """What became of a sign-in."""

    REVOKED = "revoked"
    ALREADY_OVER = "already over"  # AWS did not know the token any more
    ONLY_FORGOTTEN = "only forgotten"  # AWS could not be reached: the token lives until it expires
    NOT_SIGNED_IN = "not signed in"


def logout(
    session: SsoSession,
    *,
    tokens: TokenStore,
    flights: SingleFlight,
    portal: SsoPortal,
    oidc: OidcCalls,
    clock: Clock,
    aws_cache: Path | None = None,
) -> Logout:
    """Revoke the token of a portal and drop it with the registrations.

    Here it is gone whatever AWS says; the answer tells what AWS said. A refresh
    or sign-in under way is waited for: what it stored afterwards would undo this.

    Args:
        session: the portal.
        tokens: where ours are kept.
        flights: keeps other processes from signing in meanwhile.
        portal, oidc: AWS.
        clock: the time.
        aws_cache: where a copy of the access token may have been left for a child.

    Raises:
        LockTimeoutError: another process still signs in; nothing has changed.
        AwsError: AWS refused for another reason than a dead token; the token and
            the registrations are gone from here all the same.
        ItemCorruptError: what is kept is no token of ours, and so can't be
            revoked; it is gone too.
    """
    with flights.alone(session.key(), what=f"the sign-in to '{session.label}'"):
        try:
            if aws_cache is not None:
                _remove_copy(session, tokens, aws_cache)
            return _end_token(session, tokens, portal, oidc, clock)
        finally:
            for flow in Flow:
                tokens.drop_registration(session, flow)


def _remove_copy(session: SsoSession, tokens: TokenStore, aws_cache: Path) -> None:
    from pyvault.sso.cli_cache import remove_from_aws_cache

    try:
        token = tokens.token_to_revoke(session)
    except (ItemNotFoundError, ItemCorruptError):  # then nobody knows what we have left there
        return
    remove_from_aws_cache(aws_cache, session, token)


def _end_token(session: SsoSession, tokens: TokenStore, portal: SsoPortal, oidc: OidcCalls, clock: Clock) -> Logout:
    try:
        token = tokens.token_to_revoke(session)
    except ItemNotFoundError:
        return Logout.NOT_SIGNED_IN
    except ItemCorruptError:
        tokens.drop_token(session)
        raise
    try:
        portal.logout(_living_token(token, oidc, clock))
    except NO_ANSWER:
        return Logout.ONLY_FORGOTTEN
    except AwsError as error:
        if error.code not in {Code.UNAUTHORIZED, Code.BAD_GRANT, Code.BAD_CLIENT, Code.UNKNOWN_CLIENT}:
            raise
        return Logout.ALREADY_OVER
    finally:
        tokens.drop_token(session)
    return Logout.REVOKED


def _living_token(token: SsoToken, oidc: OidcCalls, clock: Clock) -> Secret[str]:
    """Return an access token that the portal still knows.

    The refresh token outlives the access token, and the portal revokes by the
    access token only; so an expired one is refreshed to be revoked.
    """
    now = clock()
    if token.expires > now or token.refresh_token is None or token.client.expires <= now:
        return token.access_token
    return oidc.refresh(token.client, token.refresh_token).access_token
