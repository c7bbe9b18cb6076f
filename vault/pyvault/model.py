"""The records that travel between the rooms: frozen, and secrets typed as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import UnusableAnswerError
from pyvault.record import Record
from pyvault.wire_text import is_wire_text

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pyvault.secret import Secret

SHORTEST_SHOWN_KEY_ID = 16  # AWS: 16 to 128 characters; a shorter one is not a real id
SECRET_LENGTH = 40  # of a secret access key of AWS


class StoredCredentials(Record):
    """A long-lived access key pair, as kept in a backend.

    Attributes:
        created: when the pair was stored, or made by ``rotate``; None if unknown.
    """

    access_key_id: str
    secret_access_key: Secret[str]
    created: datetime | None = None


class Credentials(Record):
    """What a program signs requests with.

    Whatever a source says, no blank, control or non-ASCII character gets in here.

    Attributes:
        session_token: None for a long-lived pair.
        expires: aware UTC; None for what does not expire.
        account_id: 12 digits where known.
        role_arn: the assumed role where there is one.
    """

    access_key_id: str
    secret_access_key: Secret[str]
    session_token: Secret[str] | None = None
    expires: datetime | None = None
    account_id: str | None = None
    role_arn: str | None = None

    def __post_init__(self) -> None:
        """Refuse keys and tokens that no AWS service made.

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
                    f"the {part} is empty, or has blanks, control characters or characters outside ASCII"
                )

    def secrets(self) -> tuple[Secret[str], ...]:
        """Return what must not be shown."""
        return (self.secret_access_key, *([self.session_token] if self.session_token else []))

    def is_fresh(self, *, at: datetime, window: timedelta) -> bool:
        """Say whether these outlive *at* by more than *window*."""
        return self.expires is None or self.expires - at > window


def masked(access_key_id: str) -> str:
    """Show enough of an access key id to recognise it."""
    # A secret that was stored in the place of an id must not show a part of itself.
    is_recognised = len(access_key_id) >= SHORTEST_SHOWN_KEY_ID and len(access_key_id) != SECRET_LENGTH
    return f"...{access_key_id[-4:]}" if is_recognised else "..."
