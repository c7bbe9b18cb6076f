"""The few AWS calls that pyvault makes, as protocols.

A request is made from a step and nothing else, so a cache key over the step
covers the whole request. :class:`pyvault.aws.client.BotoCalls` implements them;
tests bring their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyvault.record import Record

if TYPE_CHECKING:
    from datetime import datetime

    from pyvault.config.clients import ClientSettings
    from pyvault.model import Credentials, StoredCredentials
    from pyvault.planning.steps import AssumeRoleStep, FederationStep, SessionTokenStep, SsoStep, WebIdentityStep
    from pyvault.secret import Secret


class MfaProof(Record):
    """An MFA device and its code."""

    serial: str
    code: Secret[str]


class CallerIdentity(Record):
    """The caller's identity, as AWS sees it."""

    account_id: str
    arn: str


class AccessKey(Record):
    """One of the access keys of an IAM user, as IAM lists it."""

    access_key_id: str
    active: bool
    created: datetime | None


class SsoAccount(Record):
    """An account that the user may access through SSO."""

    account_id: str
    name: str
    email: str | None


class Sts(Protocol):
    """The Security Token Service, with given credentials.

    Every method raises AwsError if AWS refuses, AwsUnreachableError if there is
    no answer.
    """

    def get_session_token(self, step: SessionTokenStep, mfa: MfaProof | None) -> Credentials:
        """Turn a long-lived pair into a session."""
        ...

    def assume_role(self, step: AssumeRoleStep, session_name: str, mfa: MfaProof | None) -> Credentials:
        """Assume a role."""
        ...

    def assume_role_with_web_identity(
        self, step: WebIdentityStep, session_name: str, token: Secret[str]
    ) -> Credentials:
        """Assume a role with an OIDC token; the call is not signed."""
        ...

    def get_federation_token(self, step: FederationStep, name: str) -> Credentials:
        """Make a federated session; AWS accepts long-lived pairs only."""
        ...

    def get_caller_identity(self) -> CallerIdentity:
        """Ask who the credentials belong to; needs no permission."""
        ...


class Iam(Protocol):
    """The access keys and MFA devices of the caller's own IAM user. Errors as :class:`Sts`."""

    def list_access_keys(self) -> list[AccessKey]:
        """ListAccessKeys."""
        ...

    def list_mfa_devices(self) -> list[str]:
        """ListMFADevices, sent once."""
        ...

    def last_used(self, access_key_id: str) -> datetime | None:
        """GetAccessKeyLastUsed; None for never."""
        ...

    def create_access_key(self) -> StoredCredentials:
        """CreateAccessKey, sent once: a retry after a lost answer would make a second key."""
        ...

    def deactivate_access_key(self, access_key_id: str) -> None:
        """UpdateAccessKey, Status=Inactive."""
        ...

    def delete_access_key(self, access_key_id: str) -> None:
        """DeleteAccessKey."""
        ...


class SsoPortal(Protocol):
    """The portal of IAM Identity Center; every call carries an access token.

    Errors as :class:`Sts`; a token that is no longer valid is an AwsError with
    the code ``UnauthorizedException``.
    """

    def get_role_credentials(self, step: SsoStep, token: Secret[str]) -> Credentials:
        """Get the credentials of the step's role."""
        ...

    def list_accounts(self, token: Secret[str]) -> list[SsoAccount]:
        """List the user's accounts."""
        ...

    def list_account_roles(self, token: Secret[str], account_id: str) -> list[str]:
        """List the user's role names in an account."""
        ...

    def logout(self, token: Secret[str]) -> None:
        """Revoke the token."""
        ...


class AwsCalls(Protocol):
    """The services; nothing is sent before one of their methods is called."""

    def sts(self, settings: ClientSettings, credentials: Credentials | None) -> Sts:
        """Return STS; without credentials only the unsigned call works."""
        ...

    def iam(self, settings: ClientSettings, credentials: Credentials) -> Iam:
        """Return IAM."""
        ...

    def sso_portal(self, settings: ClientSettings) -> SsoPortal:
        """Return the SSO portal of the settings' region."""
        ...
