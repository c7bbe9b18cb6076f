"""A server that is bound but does not run yet: what the command has to know of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyvault.record import Record, field
from pyvault.server.http.listener import LOOPBACK, is_loopback, listen, listen_on_loopback, parse_address

if TYPE_CHECKING:
    import _socket
    from collections.abc import Mapping

    from pyvault.secret import Secret
    from pyvault.server.endpoints.bearer_token import TokenFile
    from pyvault.server.metadata_address.address_alias import AddressAlias
    from pyvault_cli.servers.server_options import ServerOptions

#: What turns the metadata service off in the SDKs, or leads them to another one.
OTHER_METADATA = (
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
)


class ListeningServer(Record):
    """Where a server will be found.

    Attributes:
        url: the base of it, with a slash at the end, as a client on this machine reaches it.
        check_peer: only processes of this user may ask.
        environ: what points the command to the server.
        removed: what would keep the command from it.
        token: of the container endpoint; None for the metadata service.
        control: its end takes the metadata address away again; None for the ECS server.
        alias: the metadata address, where this process itself added it (Windows).
        token_file: where the token is kept, if it is.
    """

    listener: _socket.socket
    url: str
    check_peer: bool = True
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    removed: tuple[str, ...] = ()
    token: Secret[str] | None = None
    token_file: TokenFile | None = None
    control: _socket.socket | None = None
    alias: AddressAlias | None = None

    def release(self) -> None:
        """Leave nothing of a server that was for one command: call it once, where the server ends."""
        if self.alias is not None:
            self.alias.remove()
        if self.token_file is not None:
            self.token_file.give_up()


def bind_ecs(options: ServerOptions) -> ListeningServer:
    """Bind the container endpoint.

    Raises:
        ConfigError: the address can't be had, or the token file is unfit.
    """
    from pyvault.server.endpoints.bearer_token import new_token, use_token_file

    if options.listen:
        address, port = parse_address(options.listen)
        listener = listen(address, port)
    else:
        address, listener = listen_on_loopback()
    url = _url(address, listener.getsockname()[1])
    environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}
    token_file = None
    if options.token_file is not None:
        token_file = use_token_file(options.token_file.expanduser().absolute())
        token = token_file.token
        environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(token_file.path)
    else:
        token = new_token()
        environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = token.reveal()
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
        ConfigError: somebody else has it, or sudo refused.
    """
    if sys.platform == "win32":
        return _bind_ec2_as_administrator()
    from pyvault.server.metadata_address.address_alias import METADATA_ADDRESS
    from pyvault.server.metadata_address.privileged_listener import as_root, open_front, proxy_words

    front = open_front(as_root(proxy_words()))
    return ListeningServer(
        listener=front.listener,
        url=f"http://{METADATA_ADDRESS}/",
        removed=OTHER_METADATA,
        control=front.control,
    )


def _bind_ec2_as_administrator() -> ListeningServer:
    """Add the address and bind it here: a socket can't be handed over, and the user is administrator already."""
    from pyvault.server.metadata_address.address_alias import METADATA_ADDRESS, METADATA_PORT, AddressAlias

    alias = AddressAlias("win32")
    alias.add()
    try:
        listener = listen(METADATA_ADDRESS, METADATA_PORT)
    except BaseException:
        alias.remove()
        raise
    return ListeningServer(listener=listener, url=f"http://{METADATA_ADDRESS}/", removed=OTHER_METADATA, alias=alias)


def _url(address: str, port: int) -> str:
    from pyvault.server.http.listener import format_address

    # A wildcard is no address to connect to; loopback is among what it stands for.
    reachable = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(address, address)  # noqa: S104 - what the user gave
    return f"http://{format_address(reachable, port)}/"
