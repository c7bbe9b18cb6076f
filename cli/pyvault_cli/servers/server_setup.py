"""From the options of a server to the record that it is set up with, beside a command and standing alike."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyvault_cli.servers import credential_fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from pyvault.model import Credentials
    from pyvault.server.setup import ServerSetup
    from pyvault_cli.servers.listening_server import ListeningServer
    from pyvault_cli.servers.server_options import ServerOptions


def check_values(options: ServerOptions) -> None:
    """Refuse what is wrong with the options before anything is bound or fetched.

    Raises:
        UsageError: --allow-uid, where nobody is asked who he is.
        InvalidSettingError: a pattern is no ARN of a role.
    """
    if options.allow_uids:
        _check_uids(options)
    if options.allow_roles:  # else a command would wait for what only the server beside it needs
        from pyvault.server.endpoints.roles import RolePatterns

        RolePatterns(options.allow_roles)


def set_up(
    server: ListeningServer,
    options: ServerOptions,
    profiles: Sequence[str],
    *,
    window: timedelta,
    log: Callable[[str], object] | None,
    first: Mapping[str, Credentials],
    region: str | None = None,
) -> ServerSetup:
    """Return the setup of a server; takes the listener from *server*.

    Args:
        server: bound.
        options: how it serves.
        profiles: whose credentials.
        window: how long before expiry new credentials are fetched.
        log: takes each line of the access log, if there is one.
        first: credentials that are there already, by profile.
        region: for the metadata service.
    """
    from pyvault.server.endpoints.bearer_token import new_token
    from pyvault.server.http.listener import as_socket
    from pyvault.server.setup import ServerSetup

    return ServerSetup(
        listener=as_socket(server.listener),
        profiles=tuple(profiles),
        window=window,
        token=None if options.ec2 else server.token or new_token(),  # no container endpoint without one
        first=first,
        allowed_roles=options.allow_roles,
        region=region,
        allow_v1=options.imds_v1,
        check_peer=server.check_peer,
        allowed_uids=options.allow_uids,
        log=log,
        report=credential_fetch.report,
    )


def _check_uids(options: ServerOptions) -> None:
    """Refuse --allow-uid where it would promise a check that there is not."""
    from pyvault.errors import UsageError
    from pyvault.server.http.listener import is_loopback, parse_address

    if sys.platform != "linux":
        raise UsageError("Can't use --allow-uid here: only Linux says whose process asks")
    if options.listen and not is_loopback(parse_address(options.listen)[0]):
        raise UsageError(
            "Can't use --allow-uid with --listen beyond loopback",
            hint="whoever has the token may ask there, of any uid",
        )
