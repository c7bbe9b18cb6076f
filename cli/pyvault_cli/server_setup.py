"""From the options of a server to the record that it is set up with, beside a command and standing alike."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from pyvault.record import Record
from pyvault_cli import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from pyvault.model import Credentials
    from pyvault.server.setup import Common, EcsSetup, ImdsSetup
    from pyvault_cli.bound import BoundServer
    from pyvault_cli.server_options import ServerOptions


class ServerSettings(Record):
    """What is known of a server before it is bound and before anything is fetched.

    Attributes:
        window: how long before expiry new credentials are fetched.
        log: takes each line of the access log, if there is one.
    """

    options: ServerOptions
    window: timedelta
    log: Callable[[str], object] | None

    @classmethod
    def of(cls, options: ServerOptions, environ: Mapping[str, str]) -> Self:
        """Read what there is to read; what is wrong is said before anything happens.

        Raises:
            UsageError: --allow-uid, where nobody is asked who he is.
            ConfigError: the access log can't be written.
            InvalidSettingError: ``AWS_MIN_TTL`` is no duration, or a pattern is no ARN of a role.
        """
        from pyvault.sessions.cache import find_min_ttl

        if options.allow_uids:
            _check_uids(options)
        if options.allow_roles:  # else a command would wait for what only the server beside it needs
            from pyvault.server.roles import RolePatterns

            RolePatterns(options.allow_roles)
        return cls(options=options, window=find_min_ttl(environ), log=serving.line_writer(options.access_log))

    def ecs(self, server: BoundServer, first: Mapping[str, Credentials], profiles: Sequence[str]) -> EcsSetup:
        """Set up the container endpoint; takes the listener from *server*.

        Args:
            first: credentials that are there already, by profile.
        """
        from pyvault.server.setup import EcsSetup
        from pyvault.server.token_file import new_token

        return EcsSetup(
            common=self._common(server, first),
            token=server.token or new_token(),  # bind_ecs always makes one
            profiles=tuple(profiles),
            allowed_roles=self.options.allow_roles,
        )

    def imds(
        self, server: BoundServer, first: Mapping[str, Credentials], profile: str, region: str | None
    ) -> ImdsSetup:
        """Set up the metadata service; takes the listener from *server*."""
        from pyvault.server.setup import ImdsSetup

        return ImdsSetup(
            common=self._common(server, first),
            profile=profile,
            region=region,
            account_id=first[profile].account_id if profile in first else None,
            allow_v1=self.options.imds_v1,
        )

    def _common(self, server: BoundServer, first: Mapping[str, Credentials]) -> Common:
        from pyvault.server.listener import as_socket
        from pyvault.server.setup import Common

        return Common(
            listener=as_socket(server.listener),
            window=self.window,
            first=first,
            check_peer=server.check_peer,
            allowed_uids=self.options.allow_uids,
            log=self.log,
            report=serving.report,
        )


def _check_uids(options: ServerOptions) -> None:
    """Refuse --allow-uid where it would promise a check that there is not."""
    from pyvault.errors import UsageError
    from pyvault.server.listener import is_loopback, parse_address

    if sys.platform != "linux":
        raise UsageError("Can't use --allow-uid here: only Linux says whose process asks")
    if options.listen and not is_loopback(parse_address(options.listen)[0]):
        raise UsageError(
            "Can't use --allow-uid with --listen beyond loopback",
            hint="whoever has the token may ask there, of any uid",
        )
