"""The records that travel between the rooms: immutable, with secrets typed as such."""

from __future__ import annotations

from datetime import datetime, timedelta  # noqa: TC003 - typing.get_type_hints reads what the annotations name
from typing import TYPE_CHECKING

from pyvault.clock import to_rfc3339
from pyvault.errors import UnusableAnswerError
from pyvault.record import Record
from pyvault.secret import Secret  # noqa: TC001 - as above
from pyvault.wire_text import is_wire_text

if TYPE_CHECKING:
    import botocore.credentials
else:

    class _Botocore:
        """What ``typing.get_type_hints`` finds in place of botocore, whose import takes a third of a second."""

        @property
        def credentials(self) -> object:
            import botocore.credentials

            return botocore.credentials

    botocore = _Botocore()

SHORTEST_SHOWN_KEY_ID = 16  # AWS: 16 to 128 characters; a shorter one is not an id
SECRET_LENGTH = 40  # of a secret access key of AWS


class StoredCredentials(Record):
    """A long-lived access key pair, as kept in a backend: what ``vault.get`` returns.

    An immutable record, made with keyword arguments; two with the same values are equal.
    It can be neither hashed nor pickled, as its secret can't. The ``repr`` shows the
    access key id and the date, and ``Secret(***)`` for the secret.

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
    """What a program signs requests with: what ``vault.credentials`` returns, long-lived or temporary.

    An immutable record, made with keyword arguments; two with the same values are equal.
    It can be neither hashed nor pickled, as its secrets can't. The ``repr`` shows all
    but the secrets, which are ``Secret(***)``.

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

    def env(self) -> dict[str, str]:
        """Return the variables that every AWS SDK reads, for the environment of a child; they hold the secrets.

        Returns:
            ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and those of ``AWS_SESSION_TOKEN``,
            ``AWS_CREDENTIAL_EXPIRATION`` and ``AWS_ACCOUNT_ID`` that there are. A child that inherits
            the rest of the environment must not inherit those of others: remove what is not here.

        Example:
            >>> from pyvault import Secret
            >>> key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            >>> list(Credentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key).env())
            ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
        """
        variables = {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key.reveal(),
        }
        if self.session_token:
            variables["AWS_SESSION_TOKEN"] = self.session_token.reveal()
        if self.expires is not None:
            variables["AWS_CREDENTIAL_EXPIRATION"] = to_rfc3339(self.expires)
        if self.account_id is not None:
            variables["AWS_ACCOUNT_ID"] = self.account_id
        return variables

    def to_json(self) -> str:
        """Return the JSON that a ``credential_process`` prints; it holds the secrets.

        Source: AWS SDKs reference, "Process credential provider".

        Returns:
            One object of version 1, and a newline.

        Example:
            >>> import json
            >>> from pyvault import Secret
            >>> key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            >>> pair = Credentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key)
            >>> json.loads(pair.to_json())["Version"]
            1
        """
        import json

        document: dict[str, object] = {
            "Version": 1,
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key.reveal(),
        }
        if self.session_token:
            document["SessionToken"] = self.session_token.reveal()
        if self.expires is not None:
            document["Expiration"] = to_rfc3339(self.expires)
        if self.account_id is not None:
            document["AccountId"] = self.account_id
        return json.dumps(document, indent=2) + "\n"

    def as_botocore(self) -> botocore.credentials.Credentials:
        """Return the credentials for an API of botocore's; they hold the secrets, and don't renew themselves.

        Returns:
            What ``botocore.session.Session.get_credentials`` returns, for a signer.

        Example:
            >>> from pyvault import Secret
            >>> key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            >>> Credentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key).as_botocore().method
            'pyvault'
        """
        from botocore.credentials import Credentials as BotocoreCredentials

        return BotocoreCredentials(
            self.access_key_id,
            self.secret_access_key.reveal(),
            self.session_token.reveal() if self.session_token else None,
            method="pyvault",
            account_id=self.account_id,
        )

    def is_fresh(self, *, at: datetime, window: timedelta) -> bool:
        """Return whether these are valid for more than *window* after *at*."""
        return self.expires is None or self.expires - at > window


def masked(access_key_id: str) -> str:
    """Return enough of an access key id to recognise it."""
    # A secret that was stored in place of an id must not show a part of itself.
    is_recognised = len(access_key_id) >= SHORTEST_SHOWN_KEY_ID and len(access_key_id) != SECRET_LENGTH
    return f"...{access_key_id[-4:]}" if is_recognised else "..."
