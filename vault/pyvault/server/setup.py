"""How a server is set up, decided before it runs; it is built inside the loop."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from pyvault.errors import CredentialsError
from pyvault.record import Record, field

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import timedelta

    from pyvault.model import Credentials
    from pyvault.secret import Secret
    from pyvault.server.endpoints.refreshing_source import AsyncFetch, CredentialSource, Prepare
    from pyvault.server.http.admission import Admission
    from pyvault.server.serve import Service

    #: Fetches credentials, and waits for them.
    FetchFor = Callable[["Identity"], Credentials]
    #: Makes what fetches them without stopping the loop.
    FetchOf = Callable[["Identity"], AsyncFetch]

EC2_HOP_LIMIT = 1


class Identity(NamedTuple):
    """Whose credentials: a profile, or a role on top of it.

    Attributes:
        role_arn: assume this role with the profile's credentials.
    """

    profile: str
    role_arn: str | None = None


class ServerSetup(Record):
    """A container credentials endpoint, or an instance metadata service.

    Attributes:
        listener: bound and listening.
        profiles: whose credentials; the roles are assumed with the first's.
        window: how long before expiry new credentials are fetched.
        token: of the container endpoint; None makes a metadata service, which has one profile.
        first: credentials that are there already, by profile.
        allowed_roles: patterns of those that the container endpoint assumes.
        region: that the metadata service shows.
        allow_v1: the metadata service answers without a token of its own.
        check_peer: refuse other users and other network namespaces; False where
            ``--listen`` asked for them.
        allowed_uids: other users of this network namespace who may connect.
        log: takes each line of the access log; None for no log.
        report: takes the exception of an answer that failed.
    """

    listener: socket.socket
    profiles: Sequence[str]
    window: timedelta
    token: Secret[str] | None
    first: Mapping[str, Credentials] = field(default_factory=dict[str, "Credentials"])
    allowed_roles: Sequence[str] = ()
    region: str | None = None
    allow_v1: bool = False
    check_peer: bool = True
    allowed_uids: Collection[int] = ()
    log: Callable[[str], object] | None = None
    report: Callable[[BaseException], None] = lambda _exc: None

    def build(self, fetch_of: FetchOf) -> Service:
        """Return the server; called inside its loop."""
        if self.token is None:
            return self._metadata_service(fetch_of)
        return self._container_endpoint(self.token, fetch_of)

    def _container_endpoint(self, token: Secret[str], fetch_of: FetchOf) -> Service:
        from pyvault.server.endpoints.ecs import EcsApplication, ecs_answer
        from pyvault.server.endpoints.roles import RolePatterns, RoleSources
        from pyvault.server.serve import Service

        def role(arn: str) -> CredentialSource:
            return self._source(Identity(self.profiles[0], arn), fetch_of, ecs_answer)

        application = EcsApplication(
            token=token,
            profiles={name: self._source(Identity(name), fetch_of, ecs_answer) for name in self.profiles},
            allowed_roles=RolePatterns(self.allowed_roles),
            roles=RoleSources(role),
        )
        return Service(application=application, admission=self._admission("ecs"), listener=self.listener)

    def _metadata_service(self, fetch_of: FetchOf) -> Service:
        from pyvault.server.endpoints.imds import ImdsApplication, imds_answer
        from pyvault.server.serve import Service

        (profile,) = self.profiles
        application = ImdsApplication(
            self._source(Identity(profile), fetch_of, imds_answer),
            region=self.region,
            account_id=self.first[profile].account_id if profile in self.first else None,
            allow_v1=self.allow_v1,
        )
        return Service(
            application=application, admission=self._admission("imds"), listener=self.listener, hop_limit=EC2_HOP_LIMIT
        )

    def _admission(self, server: str) -> Admission:
        from pyvault.process.peer import owner_check
        from pyvault.server.http.access_log import make_access_log
        from pyvault.server.http.admission import MAX_CONNECTIONS, Admission, any_peer, room_for_connections

        is_owner = None
        if self.check_peer and sys.platform == "linux":
            is_owner = owner_check(uid=os.getuid(), others=self.allowed_uids)
        log = None if self.log is None else make_access_log(self.log, server=server)
        limit = room_for_connections(MAX_CONNECTIONS)
        return Admission(is_owner=is_owner or any_peer, log=log, report=self.report, limit=limit)

    def _source(self, identity: Identity, fetch_of: FetchOf, prepare: Prepare) -> CredentialSource:
        """Return a source, with the credentials that are there already."""
        from pyvault.server.endpoints.refreshing_source import CredentialSource

        source = CredentialSource(fetch_of(identity), prepare, window=self.window)
        if identity.role_arn is None and identity.profile in self.first:
            # After a late restart what was fetched first has expired, and a fetch follows.
            with contextlib.suppress(CredentialsError):
                source.adopt(self.first[identity.profile])
        return source
