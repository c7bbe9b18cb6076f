"""What the fake world is made of. Records that AWS can change after birth are mutable."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .trust import TrustPolicy


class KeyStatus(StrEnum):
    """Whether a long-term key opens anything."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"


class Operation(StrEnum):
    """What made a session: later rules depend on it."""

    GET_SESSION_TOKEN = "GetSessionToken"
    ASSUME_ROLE = "AssumeRole"
    WEB_IDENTITY = "AssumeRoleWithWebIdentity"
    FEDERATION_TOKEN = "GetFederationToken"
    SSO = "GetRoleCredentials"
    MACHINE = "InstanceMetadata"
    CONSOLE_LOGIN = "CreateOAuth2Token"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUse:
    """When, and for what, a key was used last."""

    at: datetime
    service: str
    region: str


@dataclass(slots=True, kw_only=True)
class AccessKey:
    """A long-term pair of an IAM user."""

    id: str
    secret: str = field(repr=False)
    created: datetime
    usable_from: datetime  # IAM is eventually consistent: before this, the key is unknown
    status: KeyStatus = KeyStatus.ACTIVE
    last_use: LastUse | None = None


@dataclass(slots=True, kw_only=True)
class MfaDevice:
    """A virtual TOTP device."""

    serial: str
    seed: bytes = field(repr=False)
    last_used_step: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Denials:
    """Operations, as shell patterns (``iam:*AccessKey*``), that an identity's policies forbid."""

    always: tuple[str, ...] = ()
    without_mfa: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class User:
    """An IAM user; may do everything but what its denials say."""

    account: str
    name: str
    path: str
    arn: str
    id: str
    created: datetime
    denials: Denials = Denials()
    keys: dict[str, AccessKey] = field(default_factory=dict[str, AccessKey])
    devices: list[MfaDevice] = field(default_factory=list[MfaDevice])


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role."""

    account: str
    name: str
    arn: str
    id: str
    trust: TrustPolicy
    max_session_s: int
    denials: Denials = Denials()


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who a call is made by, as GetCallerIdentity tells."""

    account: str
    arn: str
    user_id: str
    #: What a trust policy may name: this ARN, the role behind a session, the account's root.
    trusted_as: frozenset[str]
    user: User | None = None  # also behind GetSessionToken sessions
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Temporary credentials and everything that STS remembers about them."""

    access_key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    issued: datetime
    expires: datetime
    principal: Principal
    made_by: Operation
    source_key_id: str | None  # the credentials that asked for these
    chained: bool = False  # an AssumeRole made with temporary credentials
    mfa: bool = False
    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()
    source_identity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentity:
    """A token of an outside identity provider, as its issuer vouches for it."""

    provider: str  # host and path, without https://
    subject: str
    audience: str
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The authenticated maker of a call."""

    access_key_id: str
    principal: Principal
    session: Session | None
    region: str

    @property
    def has_mfa(self) -> bool:
        """Say whether the credentials were made with an MFA code."""
        return self.session is not None and self.session.mfa


@dataclass(slots=True, kw_only=True)
class Settings:
    """Switches of a world."""

    key_propagation_s: float = 0.0
    mfa_drift_steps: int = 1  # windows before and after the present one whose codes are taken
    max_lifetime_s: int | None = None  # sessions end sooner than asked, for tests of refresh
