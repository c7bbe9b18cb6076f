"""What a plan is made of: one frozen record per operation, each with its reason.

Each step of a plan works with the credentials that the one before it returned. A
step holds everything its request is made from, so that it can be shown, hashed
(:mod:`pyvault.planning.cache_keys`) and carried out elsewhere.
All kinds are in one file, long as it is: they are one union, read side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from pyvault.config.client_variables import ClientVariables
from pyvault.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from pyvault.config.account import ClaimedAccount
    from pyvault.config.clients import ClientSettings
    from pyvault.config.sources import CredentialSource, Skip
    from pyvault.model import Credentials
    from pyvault.planning.narrowing import Narrowing


#: A command or a credential source may return either kind; the step is for long-term keys.
IF_LONG_TERM: Final = "if the keys are long-term"


class StoredStep(Record):
    """Get the access key pair of a profile out of the vault."""

    op: ClassVar[str] = "stored"
    profile: str
    why: str


class PlaintextStep(Record):
    """Use keys stored in plain text in a config file (only if that is allowed)."""

    op: ClassVar[str] = "stored"
    profile: str
    credentials: Credentials
    why: str


class SourceStep(Record):
    """Get credentials from a ``credential_source``; never cached."""

    op: ClassVar[str] = "credential_source"
    profile: str
    source: CredentialSource
    why: str


class ProcessStep(Record):
    """Run a configured command for credentials.

    Attributes:
        command: for ``/bin/sh -c`` (``cmd.exe /C``), nothing interpolated.
    """

    op: ClassVar[str] = "credential_process"
    profile: str
    command: str
    why: str


class LoginSessionStep(Record):
    """Use the credentials of a console sign-in that ``aws login`` made.

    Attributes:
        session: the ARN of the person who signed in.
        client: its region is where the person signs in.
    """

    op: ClassVar[str] = "login_session"
    profile: str
    session: str
    client: ClientSettings
    why: str


class SsoStep(Record):
    """Get the credentials of a role through IAM Identity Center.

    Attributes:
        session: the name of the ``[sso-session]``; None for inline settings.
        registration_scopes: what to register the client for.
        client: its region is the SSO region.
    """

    op: ClassVar[str] = "sso.GetRoleCredentials"
    profile: str
    session: str | None
    start_url: str
    sso_region: str
    account_id: str
    role_name: str
    registration_scopes: tuple[str, ...]
    client: ClientSettings
    why: str


class WebIdentityStep(Record):
    """Assume a role with an OIDC token; needs no AWS credentials.

    Attributes:
        role_session_name: None has one generated.
        token_file: a path, ``~`` expanded; this or ``token_process`` is set.
        token_process: a shell command that prints the token.
    """

    op: ClassVar[str] = "sts.AssumeRoleWithWebIdentity"
    profile: str
    role_arn: str
    role_session_name: str | None
    token_file: str | None
    token_process: str | None
    duration: timedelta
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    client: ClientSettings
    why: str


class SessionTokenStep(Record):
    """Turn a long-lived key pair into a session, with MFA if there is a serial.

    Attributes:
        condition: None for always, or :data:`IF_LONG_TERM`, if only the credentials of
            the step before can tell.
    """

    op: ClassVar[str] = "sts.GetSessionToken"
    profile: str
    mfa_serial: str | None
    mfa_process: str | None = None
    duration: timedelta
    condition: str | None = None
    client: ClientSettings
    why: str


class AssumeRoleStep(Record):
    """Assume a role with the credentials of the step before.

    Attributes:
        role_session_name: None has one generated.
        mfa_serial: sent with a code; None sends none.
        chained_mfa: the session before already has this profile's MFA.
        capped: the duration was reduced to one hour because a session signs the call.
    """

    op: ClassVar[str] = "sts.AssumeRole"
    profile: str
    role_arn: str
    role_session_name: str | None
    external_id: str | None
    mfa_serial: str | None
    mfa_process: str | None = None
    chained_mfa: bool
    duration: timedelta
    capped: bool
    session_tags: tuple[tuple[str, str], ...] = ()
    transitive_tags: tuple[str, ...] = ()
    source_identity: str | None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    client: ClientSettings
    why: str


class FederationStep(Record):
    """Turn a long-lived key pair into a federated session, for a console login or to narrow it.

    Attributes:
        name: None takes it from the ARN of the caller.
        policy: the session policy as JSON; without any policy the session may do nothing.
    """

    op: ClassVar[str] = "sts.GetFederationToken"
    profile: str
    name: str | None
    duration: timedelta
    policy: str | None
    policy_arns: tuple[str, ...] = ()
    session_tags: tuple[tuple[str, str], ...] = ()
    client: ClientSettings
    why: str


Step = (
    StoredStep
    | PlaintextStep
    | SourceStep
    | ProcessStep
    | LoginSessionStep
    | SsoStep
    | WebIdentityStep
    | SessionTokenStep
    | AssumeRoleStep
    | FederationStep
)


class Plan(Record):
    """How a profile gets its credentials.

    Attributes:
        exposes_long_term_credentials: the last step returns a key pair that never expires;
            None if only a command or a credential source can tell.
        mfa_process: the command of the named profile, own or its source's.
        region: for the child's environment; None if nothing sets one.
        client: the other settings of its clients, for the child's environment.
        claims: the claimed account of a step's credentials, by the index of the step.
        notes: what is worth a line under ``--debug``.
        narrowing: what the last request carries beside the profile's settings.
        unnarrowed: the steps without it, to which a further role is added.
    """

    profile: str
    steps: tuple[Step, ...]
    skips: tuple[Skip, ...] = ()
    exposes_long_term_credentials: bool | None = False
    mfa_process: str | None = None
    region: str | None = None
    client: ClientVariables = field(default_factory=ClientVariables)
    claims: Mapping[int, ClaimedAccount] = field(default_factory=dict[int, "ClaimedAccount"])
    notes: tuple[str, ...] = ()
    narrowing: Narrowing | None = None
    unnarrowed: tuple[Step, ...] = ()
