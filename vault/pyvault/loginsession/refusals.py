"""What AWS's sign-in service says no with, in words and with the way out. Pure.

Source: botocore's model of the service ``signin``, OAuth2ErrorCode and the errors of CreateOAuth2Token.
"""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime


class Refusal(StrEnum):
    """The kinds that mean something to us."""

    ENDED = "TOKEN_EXPIRED"
    CREDENTIALS_CHANGED = "USER_CREDENTIALS_CHANGED"
    CODE_TOO_OLD = "AUTHCODE_EXPIRED"
    NOT_PERMITTED = "INSUFFICIENT_PERMISSIONS"
    BAD_GRANT = "InvalidGrantException"


#: After one of these only a person can go on, and why.
DEAD: Final = {
    Refusal.ENDED: "AWS ended it",
    Refusal.CREDENTIALS_CHANGED: "the person's password or other credentials have changed",
    Refusal.BAD_GRANT: "its refresh token was used before, by a refresh that was interrupted or by another program",
}
HINTS: Final = {
    Refusal.CODE_TOO_OLD: "run the command again, and finish in the browser within some minutes",
    Refusal.NOT_PERMITTED: "the person needs signin:AuthorizeOAuth2Access and signin:CreateOAuth2Token,"
    " which the managed policy SignInLocalDevelopmentAccess allows",
    Refusal.BAD_GRANT: "run the command again for a new code",
}
#: A proof of possession that is off by more may be refused; a network takes less.
CLOCK_MARGIN: Final = timedelta(minutes=1)


def clock_hint(date: str | None, *, now: datetime) -> str | None:
    """Return what to do where AWS's clock and this machine's differ; None if they agree.

    Args:
        date: the ``Date`` of AWS's answer.
        now: this machine's time.
    """
    try:
        theirs = parsedate_to_datetime(date) if date else None
    except (ValueError, OverflowError):
        return None
    if theirs is None or theirs.tzinfo is None or abs(now - theirs) <= CLOCK_MARGIN:
        return None
    off = round(abs(now - theirs).total_seconds())
    direction = "ahead of" if now > theirs else "behind"
    return f"this machine's clock is {off} s {direction} AWS's; set it, and run the command again"
