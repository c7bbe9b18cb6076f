"""What plans are carried out with.

Apart from :mod:`pyvault.retrieve` because most commands never see it: a cached
session needs no class of it, and making classes takes time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pyvault.record import Record
from pyvault.sessions.blobs import BlobStore
from pyvault.sessions.cache import DEFAULT_MIN_TTL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from pyvault.aws.calls import AwsCalls
    from pyvault.clock import Clock
    from pyvault.mfa.desk import MfaDesk
    from pyvault.model import Credentials
    from pyvault.sessions.single_flight import SingleFlight
    from pyvault.sso.login import SsoLogin
    from pyvault.storage.store import CredentialStore


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
    def mfa(self) -> MfaDesk:
        """Hands out MFA codes."""
        ...

    @property
    def sso(self) -> SsoLogin | None:
        """Hands out SSO access tokens; None where nobody can log in."""
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


class Tools(Record):
    """A toolbox in which everything lies ready; see :class:`Toolbox`.

    Attributes:
        sso: None where nobody can log in to SSO.
        min_ttl: how much life a cached session must have left (``AWS_MIN_TTL``).
    """

    store: CredentialStore
    calls: AwsCalls
    sessions: Sessions
    flight: SingleFlight
    mfa: MfaDesk
    sso: SsoLogin | None
    environ: Mapping[str, str]
    clock: Clock
    min_ttl: timedelta = DEFAULT_MIN_TTL
