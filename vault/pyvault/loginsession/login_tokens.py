"""What a console sign-in gave, as a record, as bytes, and in the session vault; the only parser of these bytes.

All of it is one item, replaced as a whole: the refresh token is good once, so it must never be
older than the credentials beside it.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Final

from pyvault.clock import to_rfc3339
from pyvault.config.account import account_of
from pyvault.errors import ItemCorruptError, ItemNotFoundError, UnusableAnswerError
from pyvault.json_reader import UnreadableError, read_object
from pyvault.loginsession.login_session import session_of
from pyvault.model import Credentials
from pyvault.names import Kind
from pyvault.record import Record
from pyvault.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pyvault.loginsession.login_session import LoginSession
    from pyvault.planning.steps import LoginSessionStep
    from pyvault.sessions.cache import BlobStore

VERSION: Final = 1
MOST_REFRESH_CHARACTERS: Final = 12_288  # Source: the model of the service ``signin``, RefreshToken


class Grant(Record):
    """What can be renewed: the refresh token, which changes with every use, and the key that goes with it.

    Attributes:
        client_id: what AWS knows this program as; the same for the life of the sign-in.
        region: where the person signed in.
    """

    refresh_token: Secret[str]
    dpop_key: Secret[str]
    client_id: str
    region: str


class LoginToken(Record):
    """What a sign-in gave, or the last refresh.

    Attributes:
        arn: of the person, as AWS tells it.
        credentials: for a quarter of an hour.
        sign_in: tells one sign-in from every other, and stays through every refresh.
        ends: when AWS ends the sign-in at the latest.
    """

    arn: str
    credentials: Credentials
    grant: Grant
    sign_in: str
    ends: datetime

    def is_fresh(self, *, at: datetime, window: timedelta) -> bool:
        """Return whether the credentials outlive *at* by more than *window*."""
        return self.credentials.is_fresh(at=at, window=window)


def new_sign_in() -> str:
    """Return what tells the sign-in that a person has just made from every other."""
    return secrets.token_hex(16)


def credentials_of(
    arn: str, *, key_id: str, secret: Secret[str], session_token: Secret[str], expires: datetime
) -> Credentials:
    """Return the credentials of a person; the account is in the ARN alone.

    Raises:
        UnusableAnswerError: a part that no AWS service made.
    """
    return Credentials(
        access_key_id=key_id,
        secret_access_key=secret,
        session_token=session_token,
        expires=expires,
        account_id=account_of(arn),
    )


class LoginTokens:
    """A typed view over the session vault: one item for each sign-in."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def get(self, session: LoginSession) -> LoginToken:
        """Return what is kept, fresh or not.

        Raises:
            ItemNotFoundError: nobody has signed in, or what is kept is no sign-in of this person.
        """
        try:
            token = decode(self._blobs.get_blob(Kind.LOGIN_SESSION, session.key()))
        except ItemCorruptError as exc:
            raise ItemNotFoundError(exc.message) from None
        if token.arn != session.arn:
            raise ItemNotFoundError(f"what is kept is not the sign-in of {session.arn}")
        return token

    def put(self, session: LoginSession, token: LoginToken) -> None:
        """Keep it until AWS ends the sign-in."""
        self._blobs.put_blob(Kind.LOGIN_SESSION, session.key(), encode(token), expires=token.ends)

    def drop(self, session: LoginSession) -> None:
        """Forget it; nothing happens if there is none."""
        try:
            self._blobs.delete_blob(Kind.LOGIN_SESSION, session.key())
        except ItemNotFoundError:
            return


def signed_in_as(step: LoginSessionStep, blobs: BlobStore) -> str:
    """Return which sign-in a step would use, without renewing it.

    Raises:
        ItemNotFoundError: nobody is signed in.
    """
    return LoginTokens(blobs).get(session_of(step)).sign_in


def encode(token: LoginToken) -> Secret[bytes]:
    """Write a sign-in as JSON."""
    credentials, grant = token.credentials, token.grant
    record: dict[str, object] = {
        "v": VERSION,
        "arn": token.arn,
        "sign_in": token.sign_in,
        "ends": to_rfc3339(token.ends),
        "access_key_id": credentials.access_key_id,
        "secret_access_key": credentials.secret_access_key.reveal(),
        "session_token": credentials.session_token.reveal() if credentials.session_token else "",
        "expires": to_rfc3339(credentials.expires) if credentials.expires else "",
        "refresh_token": grant.refresh_token.reveal(),
        "dpop_key": grant.dpop_key.reveal(),
        "client_id": grant.client_id,
        "region": grant.region,
    }
    return Secret(json.dumps(record, separators=(",", ":")).encode())


def decode(data: Secret[bytes]) -> LoginToken:
    """Read a sign-in.

    Raises:
        ItemCorruptError: the bytes are none of ours.
    """
    try:
        fields = read_object(data)
        fields.whole("v", least=VERSION, most=VERSION)
        arn = fields.text("arn")
        return LoginToken(
            arn=arn,
            credentials=credentials_of(
                arn,
                key_id=fields.text("access_key_id"),
                secret=Secret(fields.text("secret_access_key")),
                session_token=Secret(fields.text("session_token")),
                expires=fields.time("expires"),
            ),
            grant=Grant(
                refresh_token=Secret(fields.text("refresh_token")),
                dpop_key=Secret(fields.text("dpop_key")),
                client_id=fields.text("client_id"),
                region=fields.text("region"),
            ),
            sign_in=fields.text("sign_in"),
            ends=fields.time("ends"),
        )
    except (UnreadableError, UnusableAnswerError) as exc:
        raise ItemCorruptError(f"the console sign-in that is kept can't be used: {exc}") from None
