"""What plans are carried out with, as those who carry them out see it.

:mod:`pyvault.runtime` has the tools; tests give their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyvault.sessions.cache import BlobStore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from pyvault.aws.calls import AwsCalls
    from pyvault.clock import Clock
    from pyvault.mfa.codes import MfaCodes
    from pyvault.model import Credentials
    from pyvault.retrieval.from_sso import PortalLogin
    from pyvault.sessions.single_flight import SingleFlight
    from pyvault.storage.typed_store import CredentialStore


class Sessions(BlobStore, Protocol):
    """The part of the session cache that a retrieval uses."""

    def get(self, key: str, *, min_ttl: timedelta) -> Credentials:
        """Give a session that is good for more than *min_ttl*.

        Raises:
            ItemNotFoundError: there is none. Anything else that is raised
                means that the cache failed, which is not the same.
        """
        ...

    def put(self, key: str, credentials: Credentials, *, profile: str, op: str, root: str | None = None) -> None:
        """Keep a session until it expires."""
        ...


class Toolbox(Protocol):
    """What plans are carried out with; each tool is taken when it is needed first.

    Most commands find a cached session and need neither AWS nor MFA nor SSO, so
    the command line makes those on demand.
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
    def environ(self) -> Mapping[str, str]:
        """Of this process."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def min_ttl(self) -> timedelta:
        """How much life a cached session must have left (``AWS_MIN_TTL``)."""
        ...
