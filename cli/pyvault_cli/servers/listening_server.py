"""A server that is bound but does not run yet, and what the command has to know of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyvault.record import Record, field
from pyvault.server.endpoints.container_variables import TOKEN, TOKEN_FILE, URI, endpoint_url
from pyvault.server.http.listener import is_loopback, listen, listen_on_loopback, parse_address

if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from pyvault.model import Credentials
    from pyvault.secret import Secret
    from pyvault.server.endpoints.bearer_token import TokenFile
    from pyvault.server.metadata_address.address_alias import AddressAlias
    from pyvault.server.setup import ServerSetup
    from pyvault_cli.commandline.server_options import ServerOptions

#: What turns off the metadata service in the SDKs, or points them to another one.
OTHER_METADATA = (
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
)


class ListeningServer(Record):
    """A bound server.

    Attributes:
        url: its base URL for clients on this machine, with a slash at the end.
        check_peer: only processes of this user may connect.
        environ: variables that point the command to the server.
        removed: variables that would keep the command from it.
        token: of the container endpoint; None for the metadata service.
        token_file: where the token is kept, if anywhere.
        control: closing it removes the metadata address again; None for the ECS server.
        address_alias: the metadata address, where this process itself added it (Windows).
    """

    listener: _socket.socket
    url: str
    check_peer: bool = True
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    removed: tuple[str, ...] = ()
    token: Secret[str] | None = None
    token_file: TokenFile | None = None
    control: _socket.socket | None = None
    address_alias: AddressAlias | None = None

    def release(self) -> None:
        """Remove what a server for one command leaves; call it once, when the server ends."""
        if self.address_alias is not None:
            self.address_alias.remove()
        if self.token_file is not None:
            self.token_file.release()

    def set_up(
        self,
        options: ServerOptions,
        profiles: Sequence[str],
        *,
        window: timedelta,
        log: Callable[[str], object] | None,
        first: Mapping[str, Credentials],
        region: str | None = None,
    ) -> ServerSetup:
        """Return how the server is set up; takes over the listener.

        Args:
            options: how it serves.
            profiles: whose credentials.
            window: how long before expiry new credentials are fetched.
            log: takes each line of the access log, if there is one.
            first: credentials that are there already, by profile.
            region: for the metadata service.
        """
        from pyvault.server.http.listener import as_socket
        from pyvault.server.setup import ServerSetup
        from pyvault_cli.servers.credential_fetch import report

        return ServerSetup(
            listener=as_socket(self.listener),
            profiles=tuple(profiles),
            window=window,
            token=self.token,
            first=first,
            allowed_roles=options.allow_roles,
            region=region,
            allow_v1=options.imds_v1,
            check_peer=self.check_peer,
            allowed_uids=options.allow_uids,
            log=log,
            report=report,
        )


def bind_ecs(options: ServerOptions) -> ListeningServer:
    """Bind the container endpoint.

    Raises:
        ConfigError: the address can't be bound, or the token file can't be used.
    """
    from pyvault.server.endpoints.bearer_token import new_token, use_token_file

    if options.listen:
        address, port = parse_address(options.listen)
        listener = listen(address, port)
    else:
        address, listener = listen_on_loopback()
    url = endpoint_url(address, listener.getsockname()[1])
    environ = {URI: url}
    token_file = None
    if options.token_file is not None:
        token_file = use_token_file(options.token_file.expanduser().absolute())
        token = token_file.token
        environ[TOKEN_FILE] = str(token_file.path)
    else:
        token = new_token()
        environ[TOKEN] = token.reveal()
    return ListeningServer(
        listener=listener,
        url=url,
        check_peer=is_loopback(address),
        environ=environ,
        token=token,
        token_file=token_file,
    )


def bind_ec2() -> ListeningServer:
    """Get the metadata address; sudo may ask for a password.

    Raises:
        ConfigError: the address is in use, or sudo refused.
    """
    if sys.platform == "win32":
        return _bind_ec2_as_administrator()
    from pyvault.server.metadata_address.address_alias import METADATA_ADDRESS
    from pyvault.server.metadata_address.privileged_listener import as_root, open_privileged_listener, proxy_argv

    privileged = open_privileged_listener(as_root(proxy_argv()))
    return ListeningServer(
        listener=privileged.listener,
        url=f"http://{METADATA_ADDRESS}/",
        removed=OTHER_METADATA,
        control=privileged.control,
    )


def _bind_ec2_as_administrator() -> ListeningServer:
    """Add the address and bind it here: on Windows a socket can't be handed over, and the user is administrator."""
    from pyvault.server.metadata_address.address_alias import METADATA_ADDRESS, METADATA_PORT, AddressAlias

    alias = AddressAlias("win32")
    alias.add()
    try:
        listener = listen(METADATA_ADDRESS, METADATA_PORT)
    except BaseException:
        alias.remove()
        raise
    return ListeningServer(
        listener=listener, url=f"http://{METADATA_ADDRESS}/", removed=OTHER_METADATA, address_alias=alias
    )
