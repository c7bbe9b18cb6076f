"""End a console sign-in: revoke it at AWS, forget it here."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pyvault.errors import NO_ANSWER, AwsError, ItemNotFoundError
from pyvault.loginsession.refusals import DEAD

if TYPE_CHECKING:
    from pyvault.clock import Clock
    from pyvault.loginsession.login_session import LoginSession
    from pyvault.loginsession.login_tokens import LoginToken, LoginTokens
    from pyvault.sessions.single_flight import SingleFlight

#: What a call may take; credentials that end sooner are renewed for it.
ONE_CALL: Final = timedelta(seconds=30)


class Logout(StrEnum):
    """What became of a sign-in."""

    REVOKED = "revoked"
    ALREADY_OVER = "already over"
    ONLY_FORGOTTEN = "only forgotten"  # AWS refused or gave no answer: it lives until it ends
    NOT_SIGNED_IN = "not signed in"


def logout(session: LoginSession, *, tokens: LoginTokens, flights: SingleFlight, clock: Clock) -> Logout:
    """Revoke a sign-in and drop it; here it is gone whatever AWS says.

    A refresh under way is waited for: what it stored afterwards would undo this.

    Raises:
        LockTimeoutError: another process still signs in; nothing has changed.
    """
    with flights.alone(session.key(), what=f"the sign-in of '{session.arn}'"):
        try:
            token = tokens.get(session)
        except ItemNotFoundError:
            tokens.drop(session)  # what is no sign-in goes too
            return Logout.NOT_SIGNED_IN
        try:
            return _end(session, token, tokens, clock)
        except (AwsError, *NO_ANSWER) as error:
            ended = isinstance(error, AwsError) and error.code in DEAD
            return Logout.ALREADY_OVER if ended else Logout.ONLY_FORGOTTEN
        finally:
            tokens.drop(session)


def _end(session: LoginSession, token: LoginToken, tokens: LoginTokens, clock: Clock) -> Logout:
    """Revoke, with credentials that AWS still takes: those that are about to end are renewed for it."""
    from pyvault.loginsession import signin_service as service
    from pyvault.record import replace

    credentials, grant = token.credentials, token.grant
    if not token.is_fresh(at=clock(), window=ONE_CALL):
        answered = service.refresh(session.client, grant)
        credentials = answered.credentials(token.arn)
        grant = replace(grant, refresh_token=answered.refresh_token)
        tokens.put(session, replace(token, credentials=credentials, grant=grant))  # in case that this is interrupted
    service.revoke(session.client, grant, credentials)
    return Logout.REVOKED
