"""The part of the metadata server that runs as root, and does nothing but own the address.

It adds the alias, binds 169.254.169.254:80, hands the listening socket over and
waits. It never sees a request: the user's own server accepts the connections,
so who asks can still be told from the kernel's tables. It takes no argument, no
environment and no message; the end of the socket it was started with, which
only its user's keeper holds, is the end of its work, also after a crash.
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
    """Own the metadata address until the other side of *control* ends; give an exit code.

    Args:
        control: the descriptor of one end of a pair of local sockets.
        alias: the address; by default that of this system.

    Raises:
        UsageError: started by hand.
    """
    if not stat.S_ISSOCK(os.fstat(control).st_mode):
        raise UsageError("this command is started by 'exec --ec2-server'")
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
    """SIGTERM came: what is held is let go on the way out."""


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _TerminatedError
