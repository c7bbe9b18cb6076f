"""What a sign-in asks of IAM Identity Center, as a protocol; the portal is :class:`pyvault.aws.calls.SsoPortal`.

AWS's answers come back as records; its refusals as :class:`~pyvault.errors.AwsError`
with AWS's own code, which :mod:`pyvault.sso.person_signs_in` and :mod:`pyvault.sso.access_token`
decide on. The implementation is :mod:`pyvault.sso.oidc_boto3`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from pyvault.secret import Secret
    from pyvault.sso.tokens import Registration

CLIENT_NAME = "pyvault"

#: Registered without a port: a loopback redirect may use any. Source: RFC 8252, section 7.3.
REGISTERED_REDIRECT = "http://127.0.0.1/oauth/callback"


class Flow(StrEnum):
    """The kinds of sign-in."""

    BROWSER = "browser"
    DEVICE = "device"


class Code(StrEnum):
    """AWS's error codes that mean something to us.

    Source: AWS, IAM Identity Center OIDC API reference, CreateToken; RFC 8628, section 3.5.
    """

    PENDING = "AuthorizationPendingException"
    SLOW_DOWN = "SlowDownException"
    EXPIRED = "ExpiredTokenException"
    DENIED = "AccessDeniedException"
    BAD_GRANT = "InvalidGrantException"
    BAD_CLIENT = "InvalidClientException"
    UNKNOWN_CLIENT = "UnauthorizedClientException"
    UNAUTHORIZED = "UnauthorizedException"  # of the portal: the access token is not good (any more)


class TokenAnswer(Record):
    """What CreateToken answers.

    Attributes:
        expires: aware UTC.
    """

    access_token: Secret[str]
    expires: datetime
    refresh_token: Secret[str] | None


class DeviceAuthorization(Record):
    """What StartDeviceAuthorization answers.

    Attributes:
        interval: the shortest pause between two questions; AWS says 1 s and more.
    """

    device_code: Secret[str]
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires: datetime
    interval: timedelta


class OidcCalls(Protocol):
    """The calls of a sign-in, to one region. All raise AwsError and AwsUnreachableError."""

    def endpoint(self) -> str:
        """Return the service's address: its ``/authorize`` is where a browser goes."""
        ...

    def register_client(self, flow: Flow, *, start_url: str, scopes: Sequence[str]) -> Registration:
        """Introduce this program to AWS."""
        ...

    def start_device_authorization(self, client: Registration, *, start_url: str) -> DeviceAuthorization:
        """Ask for a code that a person types in on any machine."""
        ...

    def redeem_device_code(self, client: Registration, device_code: Secret[str]) -> TokenAnswer:
        """Ask whether the person has agreed; refused with Code.PENDING until then."""
        ...

    def redeem_code(
        self, client: Registration, code: Secret[str], *, verifier: Secret[str], redirect_uri: str
    ) -> TokenAnswer:
        """Turn the code of the redirect into tokens."""
        ...

    def refresh(self, client: Registration, refresh_token: Secret[str]) -> TokenAnswer:
        """Get a new access token without a person."""
        ...
