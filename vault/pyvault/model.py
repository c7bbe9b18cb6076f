"""The records that travel between the rooms: immutable, with secrets typed as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import UnusableAnswerError
from pyvault.record import Record
from pyvault.wire_text import is_wire_text

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pyvault.secret import Secret

SHORTEST_SHOWN_KEY_ID = 16  # AWS: 16 to 128 characters; a shorter one is not an id
SECRET_LENGTH = 40  # of a secret access key of AWS


class StoredCredentials(Record):
    """A long-lived access key pair, as kept in a backend.

    Attributes:
        access_key_id: the public half.
        secret_access_key: the secret half.
        created: when the pair was stored, or made by ``rotate``, aware UTC; None if unknown.

    Example:
        >>> from pyvault import Secret
        >>> key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        >>> StoredCredentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key).secret_access_key
        Secret(***)
    """

    access_key_id: str
    secret_access_key: Secret[str]
    created: datetime | None = None


class Credentials(Record):
    """What a program signs requests with.

    Whatever the source, blanks, control and non-ASCII characters are refused.

    Attributes:
        access_key_id: the public half.
        secret_access_key: the secret half.
        session_token: None for a long-lived pair.
        expires: aware UTC; None for what does not expire.
        account_id: 12 digits where known.
        role_arn: the assumed role where there is one.

    Raises:
        UnusableAnswerError: a part that no AWS service made; the text names it, not its value.

    Example:
        >>> from pyvault import Secret
        >>> key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        >>> pair = Credentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key)
        >>> pair.session_token is None
        True
    """

    access_key_id: str
    secret_access_key: Secret[str]
    session_token: Secret[str] | None = None
    expires: datetime | None = None
    account_id: str | None = None
    role_arn: str | None = None

    def __post_init__(self) -> None:
        """Refuse keys and tokens that can't be AWS's.

        Raises:
            UnusableAnswerError: names the part, never its value.
        """
        parts = {
            "access key id": self.access_key_id,
            "secret access key": self.secret_access_key.reveal(),
            **({"session token": self.session_token.reveal()} if self.session_token else {}),
            **({"account id": self.account_id} if self.account_id else {}),
        }
        for part, text in parts.items():
            if not is_wire_text(text):
                raise UnusableAnswerError(
                    f"the {part} is empty, or contains blanks, control characters or non-ASCII characters"
                )

    def secrets(self) -> tuple[Secret[str], ...]:
        """Return the secret parts."""
        return (self.secret_access_key, *([self.session_token] if self.session_token else []))

    def is_fresh(self, *, at: datetime, window: timedelta) -> bool:
        """Return whether these are valid for more than *window* after *at*."""
        return self.expires is None or self.expires - at > window


def masked(access_key_id: str) -> str:
    """Return enough of an access key id to recognise it."""
    # A secret that was stored in place of an id must not show a part of itself.
    is_recognised = len(access_key_id) >= SHORTEST_SHOWN_KEY_ID and len(access_key_id) != SECRET_LENGTH
    return f"...{access_key_id[-4:]}" if is_recognised else "..."
