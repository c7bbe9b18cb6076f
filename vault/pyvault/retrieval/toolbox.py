"""The tools that plans are carried out with.

:mod:`pyvault.runtime` implements them; tests bring their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyvault.sessions.cache import BlobStore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from pyvault.aws.calls import AwsCalls
    from pyvault.clock import Clock
    from pyvault.loginsession.login_tokens import LoginToken
    from pyvault.mfa.codes import MfaCodes
    from pyvault.model import Credentials
    from pyvault.planning.steps import LoginSessionStep
    from pyvault.retrieval.from_sso import PortalLogin
    from pyvault.sessions.single_flight import SingleFlight
    from pyvault.storage.typed_store import CredentialStore


class Sessions(BlobStore, Protocol):
    """The part of the session cache that a retrieval uses."""

    def get(self, key: str, *, min_ttl: timedelta) -> Credentials:
        """Return a session that is valid for more than *min_ttl*.

        Raises:
            ItemNotFoundError: there is none. Any other error means that the cache failed.
        """
        ...

    def put(self, key: str, credentials: Credentials, *, profile: str, op: str, root: str | None = None) -> None:
        """Keep a session until it expires."""
        ...


class ConsoleCredentials(Protocol):
    """What returns the credentials of console sign-ins."""

    def __call__(self, step: LoginSessionStep, *, window: timedelta, refresh: bool = False) -> LoginToken:
        """Return the kept ones, refreshed ones, or those of a new sign-in.

        Args:
            step: names the person.
            window: how long they must still be good.
            refresh: renew them in any case.

        Raises:
            InputRequiredError: the user has to sign in, and prompts are not allowed.
        """
        ...


class Toolbox(Protocol):
    """The tools; each is made when it is first needed.

    Most commands find a cached session and need neither AWS nor MFA nor SSO.
    """

    @property
    def store(self) -> CredentialStore:
        """The stored credentials."""
        ...

    @property
    def calls(self) -> AwsCalls:
        """The AWS calls."""
        ...

    @property
    def sessions(self) -> Sessions:
        """The session cache."""
        ...

    @property
    def flight(self) -> SingleFlight:
        """Lets one of many processes fetch."""
        ...

    @property
    def mfa(self) -> MfaCodes:
        """Hands out MFA codes."""
        ...

    @property
    def sso(self) -> PortalLogin:
        """Hands out SSO access tokens."""
        ...

    @property
    def console(self) -> ConsoleCredentials:
        """Hands out the credentials of console sign-ins."""
        ...

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def min_ttl(self) -> timedelta:
        """How long a cached session must still be valid (``AWS_MIN_TTL``)."""
        ...
