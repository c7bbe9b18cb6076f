"""What the serving process and its keeper say to each other.

A request is one message on a socket pair that only the two of them hold: whose
credentials are wanted, and the writing end of a pipe for the outcome. So the
keeper never waits for a fetch, and a fetch that dies is an empty pipe.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import TYPE_CHECKING, cast

from pyvault.errors import CredentialsError
from pyvault.json_reader import read_value
from pyvault.secret import Secret
from pyvault.server.fetching import Identity
from pyvault.server.result_codec import MAX_RESULT, decode_result

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.model import Credentials
    from pyvault.server.source import AsyncFetch

MAX_MESSAGE = 8 * 1024  # a profile's name has up to 512 bytes, a role's ARN up to 2048


def make_link() -> tuple[socket.socket, socket.socket]:
    """Make the two ends; a message stays a message, and the end of either side is seen."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def ask_keeper(link: socket.socket, identity: Identity) -> AsyncFetch:
    """Make a fetch that the keeper carries out."""

    async def fetch() -> Credentials:
        reader, writer = os.pipe()
        try:
            socket.send_fds(link, [json.dumps(identity).encode()], [writer])
        except OSError:
            os.close(reader)
            raise CredentialsError("the process that renews credentials is gone") from None
        finally:
            os.close(writer)
        return decode_result(await _read_pipe(reader))

    return fetch


def take_request(link: socket.socket) -> tuple[Identity, int] | None:
    """Take one request and its pipe; None when the other side has ended."""
    message, descriptors, _flags, _address = socket.recv_fds(link, MAX_MESSAGE, 1)
    for descriptor in descriptors:  # what recv_fds gives is inheritable
        os.set_inheritable(descriptor, False)
    if not message or len(descriptors) != 1:
        for descriptor in descriptors:
            os.close(descriptor)
        return None
    profile, role_arn = cast("tuple[str, str | None]", read_value(message))  # ask_keeper wrote it
    return Identity(profile, role_arn), descriptors[0]


async def watch_keeper(link: socket.socket, gone: Callable[[], None]) -> None:
    """Call *gone* when the keeper has ended: it says nothing on this socket while it lives."""
    link.setblocking(False)
    await asyncio.get_running_loop().sock_recv(link, 1)
    gone()


async def _read_pipe(reader: int) -> Secret[bytes]:
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader(limit=MAX_RESULT)
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), pipe)
        try:
            return Secret(await stream.read(-1))
        finally:
            transport.close()
