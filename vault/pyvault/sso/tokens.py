"""Tokens and client registrations as records, as bytes, and in the session vault.

The only parser of these secret bytes. *Absent* is :class:`ItemNotFoundError`;
bytes that are not ours are :class:`ItemCorruptError`, never "not signed in".
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from pyvault.clock import to_rfc3339
from pyvault.errors import ItemCorruptError, ItemNotFoundError
from pyvault.json_reader import UnreadableError, read_object
from pyvault.names import Kind
from pyvault.record import Record
from pyvault.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pyvault.json_reader import Fields
    from pyvault.sessions.cache import BlobStore
    from pyvault.sso.session import SsoSession

VERSION = 1


class Registration(Record):
    """What AWS knows this program as; one per portal and kind of sign-in.

    Attributes:
        expires: AWS keeps a registration for 90 days.
    """

    client_id: str
    client_secret: Secret[str]
    expires: datetime


class AccessToken(Record):
    """What the portal takes; ours, or one that another program left for all to use."""

    access_token: Secret[str]
    expires: datetime

    @property
    def identity(self) -> str:
        """Who signed in, as far as anybody can tell without asking AWS: two sign-ins may be two persons."""
        return identity_of(self.access_token)

    def is_fresh(self, *, at: datetime, window: timedelta) -> bool:
        """Return whether the access token outlives *at* by more than *window*."""
        return self.expires - at > window


class SsoToken(AccessToken):
    """What a sign-in gave.

    Attributes:
        refresh_token: None where the registered scopes allow none.
        client: the registration that the tokens were issued to; only it can
            redeem the refresh token.
        sign_in: tells one sign-in from every other, and stays through every
            refresh; empty where nobody wrote one down (see :attr:`identity`).
    """

    refresh_token: Secret[str] | None
    client: Registration
    sign_in: str = ""

    @property
    def identity(self) -> str:
        """Who signed in: the sign-in, which stays through every refresh, where it is known."""
        return self.sign_in or identity_of(self.access_token)


class TokenStore:
    """A typed view over the session vault: one token per portal, one registration per kind of sign-in."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def token(self, session: SsoSession) -> SsoToken:
        """Return the token of a portal, fresh or not.

        Raises:
            ItemNotFoundError: nobody has signed in, or what is kept is no token: a sign-in gives a new one.
        """
        try:
            return self.token_to_revoke(session)
        except ItemCorruptError as exc:
            raise ItemNotFoundError(exc.message) from None

    def token_to_revoke(self, session: SsoSession) -> SsoToken:
        """Return the token of a portal, and tell a damaged one from none.

        Raises:
            ItemNotFoundError: nobody has signed in.
            ItemCorruptError: what is kept is no token.
        """
        return decode_token(self._blobs.get_blob(Kind.SSO_TOKEN, session.key()))

    def put_token(self, session: SsoSession, token: SsoToken) -> None:
        """Keep a token. It stays beyond the access token's life if it can be refreshed."""
        expires = token.client.expires if token.refresh_token else token.expires
        self._blobs.put_blob(Kind.SSO_TOKEN, session.key(), encode_token(token), expires=expires)

    def drop_token(self, session: SsoSession) -> None:
        """Forget a token; nothing happens if there is none."""
        try:
            self._blobs.delete_blob(Kind.SSO_TOKEN, session.key())
        except ItemNotFoundError:
            return

    def registration(self, session: SsoSession, flow: str) -> Registration:
        """Return the registration for a kind of sign-in.

        Raises:
            ItemNotFoundError: there is none yet, or what is kept is none.
        """
        data = self._blobs.get_blob(Kind.SSO_CLIENT, f"{session.key()}-{flow}")
        try:
            return decode_registration(data)
        except ItemCorruptError as exc:
            raise ItemNotFoundError(exc.message) from None

    def put_registration(self, session: SsoSession, flow: str, client: Registration) -> None:
        """Keep a registration until it expires."""
        data = encode_registration(client)
        self._blobs.put_blob(Kind.SSO_CLIENT, f"{session.key()}-{flow}", data, expires=client.expires)

    def drop_registration(self, session: SsoSession, flow: str) -> None:
        """Forget a registration that AWS no longer knows."""
        try:
            self._blobs.delete_blob(Kind.SSO_CLIENT, f"{session.key()}-{flow}")
        except ItemNotFoundError:
            return


def new_sign_in() -> str:
    """Return what tells the sign-in that a person has just made from every other."""
    return secrets.token_hex(16)


def identity_of(access_token: Secret[str]) -> str:
    """Return the identity behind a token of which only the access token is known.

    For tokens that an older version or another program (the AWS CLI) left: each
    distinct access token counts as a sign-in of its own, as nothing says that the
    same person stands behind two of them.
    """
    return hashlib.sha256(access_token.reveal().encode()).hexdigest()


def encode_token(token: SsoToken) -> Secret[bytes]:
    """Write a token as JSON."""
    record: dict[str, object] = {
        "v": VERSION,
        "access_token": token.access_token.reveal(),
        "expires": to_rfc3339(token.expires),
        "client": _client_record(token.client),
    }
    if token.refresh_token is not None:
        record["refresh_token"] = token.refresh_token.reveal()
    if token.sign_in:
        record["sign_in"] = token.sign_in
    return _to_bytes(record)


def decode_token(data: Secret[bytes]) -> SsoToken:
    """Read a token.

    Raises:
        ItemCorruptError: the bytes are not a token of ours.
    """
    try:
        record = _read(data)
        return SsoToken(
            access_token=Secret(record.text("access_token")),
            expires=record.time("expires"),
            refresh_token=Secret(record.text("refresh_token")) if record.has("refresh_token") else None,
            client=_client(record.fields("client")),
            sign_in=record.optional_text("sign_in") or "",
        )
    except UnreadableError as exc:
        raise ItemCorruptError(f"the SSO token can't be used: {exc}") from None


def encode_registration(client: Registration) -> Secret[bytes]:
    """Write a registration as JSON."""
    return _to_bytes({"v": VERSION, **_client_record(client)})


def decode_registration(data: Secret[bytes]) -> Registration:
    """Read a registration.

    Raises:
        ItemCorruptError: the bytes are not a registration of ours.
    """
    try:
        return _client(_read(data))
    except UnreadableError as exc:
        raise ItemCorruptError(f"the SSO registration can't be used: {exc}") from None


def _client_record(client: Registration) -> dict[str, object]:
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret.reveal(),
        "expires": to_rfc3339(client.expires),
    }


def _client(record: Fields) -> Registration:
    return Registration(
        client_id=record.text("client_id"),
        client_secret=Secret(record.text("client_secret")),
        expires=record.time("expires"),
    )


def _to_bytes(record: dict[str, object]) -> Secret[bytes]:
    import json

    return Secret(json.dumps(record, separators=(",", ":")).encode())


def _read(data: Secret[bytes]) -> Fields:
    record = read_object(data)
    record.whole("v", least=VERSION, most=VERSION)
    return record
