"""Find whose process is at the other end of a connection (Linux).

The kernel knows the owner of every socket. The peer's own socket is looked up
by the connection's four-tuple through the socket monitoring interface
(``sock_diag``), which answers for exactly one socket in 20 us, or where that is
missing in the text table ``/proc/net/tcp``. Both show only the sockets of our network
namespace: a peer that isn't there is in another namespace or on another machine, and
is refused like another user.

Source: sock_diag(7); linux/inet_diag.h; Documentation/networking/proc_net_tcp.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection

    PeerCheck = Callable[[asyncio.Transport], bool]

    Address = tuple[str, int]

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_NLMSG_ERROR = 2
_ALL_STATES = 0xFFFFFFFF
_NO_COOKIE = 0xFFFFFFFF

_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_REQUEST = struct.Struct("=BBBxI")  # inet_diag_req_v2 before its inet_diag_sockid
_MESSAGE_UID = struct.Struct("=4x48x12xII")  # inet_diag_msg: ..., uid, inode


def owner_check(*, uid: int, others: Collection[int] = ()) -> PeerCheck | None:
    """Return the check that the peer's process runs as this user; None where the kernel can't say.

    Args:
        uid: the owner of the server.
        others: uids that may connect as well.
    """
    if sys.platform != "linux":
        return None
    find_owner = owner_lookup()
    allowed = frozenset({uid, *others})

    def is_owner(transport: asyncio.Transport) -> bool:
        local: Address = transport.get_extra_info("sockname")[:2]
        peer: Address = transport.get_extra_info("peername")[:2]
        return find_owner(peer, local) in allowed

    return is_owner


def owner_by_netlink(peer: Address, local: Address) -> int | None:
    """Return the uid of the socket at *peer* that is connected to *local*, by ``sock_diag``.

    Returns:
        None when there is no such socket here, or no process holds it any more.

    Raises:
        OSError: the kernel has no such interface.
    """
    family = socket.AF_INET6 if ":" in peer[0] else socket.AF_INET
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, _ALL_STATES)
    body += struct.pack("!HH", peer[1], local[1])
    body += socket.inet_pton(family, peer[0]).ljust(16, b"\0") + socket.inet_pton(family, local[0]).ljust(16, b"\0")
    body += struct.pack("=III", 0, _NO_COOKIE, _NO_COOKIE)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(1)
        kernel.send(_HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0) + body)
        reply = kernel.recv(4096)
    if _HEADER.unpack_from(reply)[1] == _NLMSG_ERROR:
        error = -struct.unpack_from("=i", reply, _HEADER.size)[0]
        if error in {2, 3}:  # ENOENT, ESRCH: no such socket in this namespace
            return None
        raise OSError(error, os.strerror(error))
    uid, inode = _MESSAGE_UID.unpack_from(reply, _HEADER.size)
    # Without an inode no process holds it: the uid shown is then 0, not root's.
    return int(uid) if inode else None


def owner_by_table(peer: Address, local: Address) -> int | None:
    """Return the same from the text table.

    The kernel writes it piece by piece while it changes, so one reading can miss a row
    that was there all the time.
    """
    table = "/proc/net/tcp6" if ":" in peer[0] else "/proc/net/tcp"
    addresses = [_table_form(peer), _table_form(local)]
    for _ in range(3):
        for row in Path(table).read_text(encoding="ascii").splitlines():
            fields = row.split()
            if fields[1:3] == addresses:
                return int(fields[7]) if fields[9] != "0" else None
    return None


def _table_form(address: Address) -> str:
    """Return an address as in the table: 32-bit words in the machine's order, in hex."""
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, address[0])
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{word:08X}" for word in words) + f":{address[1]:04X}"


def owner_lookup() -> Callable[[Address, Address], int | None]:
    """Return what finds the uid of a peer on Linux: ``sock_diag``, or else the table."""
    try:
        owner_by_netlink(("127.0.0.1", 1), ("127.0.0.1", 1))
    except OSError:
        return owner_by_table
    return owner_by_netlink
