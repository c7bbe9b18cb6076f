"""The state of the fake: accounts, users, keys, roles, sessions. No rules of AWS but look-ups.

The server carries out one call at a time under `World.lock`, so a call is atomic: of two
uses of the same MFA code exactly one wins.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from . import ids
from .clock import Clock
from .console_login_state import ConsoleLogins
from .console_state import ConsoleSession, SigninToken
from .model import (
    AccessKey,
    Caller,
    KeyStatus,
    Operation,
    Principal,
    Role,
    Session,
    Settings,
    User,
    WebIdentity,
)
from .sso_state import SsoState

#: Keys that a user may have at once. Source: IAM user guide, "IAM and STS quotas".
KEY_QUOTA = 2


@dataclass(slots=True, kw_only=True)
class Account:
    """An AWS account."""

    id: str
    name: str
    users: dict[str, User] = field(default_factory=dict[str, User])
    roles: dict[str, Role] = field(default_factory=dict[str, Role])
    buckets: list[str] = field(default_factory=list[str])
    providers: set[str] = field(default_factory=set[str])  # OIDC issuers, without https://


class World:
    """Everything that AWS would know."""

    def __init__(self, clock: Clock, partition: str = "aws") -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.partition = partition
        self.settings = Settings()
        self.accounts: dict[str, Account] = {}
        self.sessions: dict[str, Session] = {}
        self.web_identities: dict[str, WebIdentity] = {}
        self.sso: SsoState | None = None
        self.instance_role: str | None = None  # ARN of the role that this machine has
        self.container_token = ids.bearer(30)
        self.metadata_tokens: dict[str, datetime] = {}
        self.signin_tokens: dict[str, SigninToken] = {}
        self.console_logins = ConsoleLogins()
        self.console_sessions: dict[str, ConsoleSession] = {}  # by cookie

    def now(self) -> datetime:
        """Give the world's time."""
        return self.clock.now()

    def account_of(self, caller: Caller) -> Account:
        """Give the account that a caller belongs to."""
        return self.accounts[caller.principal.account]

    def find_key(self, access_key_id: str) -> tuple[User, AccessKey] | None:
        """Find a long-term key and its owner."""
        for account in self.accounts.values():
            for user in account.users.values():
                if key := user.keys.get(access_key_id):
                    return user, key
        return None

    def find_user(self, name: str) -> User | None:
        """Find a user by name in any account (names are unique in the worlds of tests)."""
        return next((a.users[name] for a in self.accounts.values() if name in a.users), None)

    def find_role(self, arn: str) -> Role | None:
        """Find a role by its ARN."""
        parts = arn.split(":")
        account = self.accounts.get(parts[4]) if len(parts) == 6 else None
        return next((r for r in account.roles.values() if r.arn == arn), None) if account else None

    def new_key(self, user: User, *, propagation: timedelta = timedelta()) -> AccessKey:
        """Give a user one more key; the quota is the caller's to check."""
        now = self.now()
        key = AccessKey(
            id=ids.unique_id("AKIA"), secret=ids.secret_access_key(), created=now, usable_from=now + propagation
        )
        user.keys[key.id] = key
        return key

    def new_session(
        self,
        principal: Principal,
        made_by: Operation,
        lifetime: timedelta,
        *,
        source_key_id: str | None,
        chained: bool = False,
        mfa: bool = False,
        tags: tuple[tuple[str, str], ...] = (),
        transitive: tuple[str, ...] = (),
        source_identity: str | None = None,
    ) -> Session:
        """Issue temporary credentials."""
        cap = self.settings.max_lifetime_s
        if cap is not None:
            lifetime = min(lifetime, timedelta(seconds=cap))
        session = Session(
            access_key_id=ids.unique_id("ASIA"),
            secret=ids.secret_access_key(),
            token=ids.session_token(),
            issued=self.now(),
            expires=(self.now() + lifetime).replace(microsecond=0),
            principal=principal,
            made_by=made_by,
            source_key_id=source_key_id,
            chained=chained,
            mfa=mfa,
            tags=tags,
            transitive=transitive,
            source_identity=source_identity,
        )
        self.sessions[session.access_key_id] = session
        return session

    def is_alive(self, session: Session) -> bool:
        """Say whether what a session was made from still stands (its expiry aside).

        A user's own sessions die with the key they were made from. A role's session lives
        on by itself, but not without its role.
        """
        if session.made_by in {Operation.GET_SESSION_TOKEN, Operation.FEDERATION_TOKEN}:
            source = self.find_key(session.source_key_id or "")
            return source is not None and source[1].status is KeyStatus.ACTIVE
        role = session.principal.role
        return role is None or self.find_role(role.arn) is not None
