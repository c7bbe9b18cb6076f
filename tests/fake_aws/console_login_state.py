"""The state of console sign-ins for programs: who is at the browser, open pages, codes, sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .model import Principal
from .sso_state import Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequest:
    """An authorization request whose page is open, later the code that came of it."""

    client_id: str
    redirect_uri: str
    state: str
    challenge: str
    expires: datetime


@dataclass(slots=True, kw_only=True)
class ConsoleLogin:
    """One sign-in: its key, and the one refresh token that is good at the moment."""

    principal: Principal
    client_id: str
    key: str  # thumbprint of the DPoP key
    refresh_token: str = field(repr=False)
    ends: datetime
    refusal: str | None = None  # what every refresh is answered with from now on


@dataclass(slots=True, kw_only=True)
class ConsoleLogins:
    """All sign-ins, and how the person behaves.

    Attributes:
        person: a user's name, or the ARN of a role whose session the person has.
        refusal: what new codes are answered with.
    """

    person: str = "demo"
    consent: Consent = Consent.AUTO
    access_token_s: float = 900
    session_s: float = 43_200
    refusal: str | None = None
    open_pages: dict[str, LoginRequest] = field(default_factory=dict[str, LoginRequest])
    codes: dict[str, LoginRequest] = field(default_factory=dict[str, LoginRequest])
    logins: list[ConsoleLogin] = field(default_factory=list[ConsoleLogin])
    proofs: set[str] = field(default_factory=set[str])  # jti of every proof so far

    def find(self, refresh_token: str) -> ConsoleLogin | None:
        """Find the sign-in that a refresh token continues."""
        return next((login for login in self.logins if login.refresh_token == refresh_token), None)
