"""The part of the metadata server that runs as root, and only owns the address.

It adds the alias, binds 169.254.169.254:80, hands over the listening socket and
waits. It never sees a request: the user's own server accepts the connections, so
the kernel's tables still tell who connects. It takes no argument, environment or
message; when the other end of its socket closes, which only its user's supervisor
holds, it ends, also after a crash.
"""

from __future__ import annotations

import os
import signal
import socket
import stat
from typing import TYPE_CHECKING

from pyvault.errors import PyvaultError, UsageError
from pyvault.server.http.listener import as_socket, listen
from pyvault.server.metadata_address.address_alias import METADATA_ADDRESS, METADATA_PORT, AddressAlias

if TYPE_CHECKING:
    from types import FrameType

READY = b"R"
FAILED = b"F"

#: Ctrl-C and Ctrl-Z are meant for the program that has the terminal.
_IGNORED = ("SIGINT", "SIGQUIT", "SIGHUP", "SIGTSTP")


def own_address(control: int, alias: AddressAlias | None = None) -> int:
    """Own the metadata address until the other side of *control* ends; return an exit code.

    Args:
        control: the descriptor of one end of a pair of local sockets.
        alias: the address; by default that of this system.

    Raises:
        UsageError: started by hand.
    """
    if not stat.S_ISSOCK(os.fstat(control).st_mode):
        raise UsageError("only 'exec --ec2-server' can start this command")
    for name in _IGNORED:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    try:
        with socket.socket(fileno=os.dup(control)) as link:
            return _own(link, alias or AddressAlias())
    except _TerminatedError:
        return 0


def _own(link: socket.socket, alias: AddressAlias) -> int:
    try:
        alias.add()
        with as_socket(listen(METADATA_ADDRESS, METADATA_PORT)) as listener:
            socket.send_fds(link, [READY], [listener.fileno()])
        link.recv(1)  # nothing is ever sent: this is the end of the other side
    except PyvaultError as problem:
        link.sendall(FAILED + problem.message.encode())
        return 1
    except OSError:  # the other side has ended already
        return 1
    finally:
        alias.remove()
    return 0


class _TerminatedError(Exception):
    """SIGTERM came: the address is released on the way out."""


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _TerminatedError
