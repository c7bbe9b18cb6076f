"""The state of an IAM Identity Center instance: clients, pending grants, tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .model import Role

#: The scope that opens the portal, and that refresh tokens hang on.
ACCOUNT_SCOPE = "sso:account:access"


class Consent(StrEnum):
    """What the person in front of the browser does."""

    AUTO = "auto"  # says yes at once, as a browser with a live session does
    PAGE = "page"  # waits for the Allow or Deny link
    DENY = "deny"


class Decision(StrEnum):
    """Where a device authorization stands."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered OIDC client."""

    id: str
    secret: str = field(repr=False)
    expires: datetime
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class DeviceGrant:
    """A device code on its way."""

    code: str = field(repr=False)
    user_code: str
    client_id: str
    expires: datetime
    interval_s: float
    decision: Decision = Decision.PENDING
    last_poll: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """An authorization request whose page is open, later the code that came of it."""

    client_id: str
    redirect_uri: str
    state: str
    challenge: str
    scopes: tuple[str, ...]
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A signed-in person's tokens."""

    user: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    client_id: str
    scopes: tuple[str, ...]
    expires: datetime
    ends: datetime  # of the whole session: no refresh beyond it


@dataclass(slots=True, kw_only=True)
class AssignedAccount:
    """An account with the permission sets of the person."""

    id: str
    name: str
    email: str
    forbidden: bool = False  # its roles can't be listed, although the person sees the account
    roles: dict[str, Role] = field(default_factory=dict[str, Role])


@dataclass(slots=True, kw_only=True)
class SsoState:
    """The instance, and who is in front of the browser."""

    start_url: str
    user: str
    consent: Consent
    interval_s: float
    device_lifetime_s: float
    access_token_s: float
    session_s: float
    credentials_s: int
    page_size: int
    accounts: dict[str, AssignedAccount]
    clients: dict[str, Client] = field(default_factory=dict[str, Client])
    devices: dict[str, DeviceGrant] = field(default_factory=dict[str, DeviceGrant])  # by device code
    open_pages: dict[str, CodeRequest] = field(default_factory=dict[str, CodeRequest])  # by page id
    codes: dict[str, CodeRequest] = field(default_factory=dict[str, CodeRequest])  # by authorization code
    logins: dict[str, Login] = field(default_factory=dict[str, Login])  # by access token

    def find_device(self, user_code: str) -> DeviceGrant | None:
        """Find a device grant by what a person types, in any case, with or without the dash."""
        wanted = user_code.upper().replace("-", "")
        return next((d for d in self.devices.values() if d.user_code.replace("-", "") == wanted), None)

    def find_refresh(self, refresh_token: str) -> Login | None:
        """Find the login that a refresh token continues."""
        return next((login for login in self.logins.values() if login.refresh_token == refresh_token), None)
