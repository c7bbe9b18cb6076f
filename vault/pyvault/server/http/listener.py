"""Listening sockets, bound before anything heavy is loaded.

The kernel's backlog holds the first connections until the server is ready, so a
program can be started at once. A warm command loads this: no import that it can do without.
"""

from __future__ import annotations

import _socket  # the C module alone: ``socket`` costs as much as half an interpreter's start
import errno
import sys

from pyvault.errors import ConfigError, InvalidSettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"
BACKLOG = 512
NO_FAMILY = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})


def parse_address(text: str) -> tuple[str, int]:
    """Read ``ADDR:PORT``; an IPv6 address is in brackets.

    Raises:
        InvalidSettingError: not an address and a port from 0 to 65535.
    """
    address, _, port = text.rpartition(":")
    address = address.removeprefix("[").removesuffix("]")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535
    if not is_port or not _is_address(address):
        raise InvalidSettingError(
            f"{text!r} is not ADDR:PORT", hint="use an IP address, not a host name: 127.0.0.1:9911 or [::1]:9911"
        )
    return address, int(port)


def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach the address."""
    return address == "::1" or address.startswith("127.")


def listen(address: str = LOOPBACK, port: int = 0) -> _socket.socket:
    """Bind and listen; port 0 takes a free one.

    Raises:
        ConfigError: the address is in use or not local, or the port is not allowed.
    """
    family = _socket.AF_INET6 if ":" in address else _socket.AF_INET
    where = format_address(address, port)
    try:
        listener = _socket.socket(family, _socket.SOCK_STREAM)
    except OSError as exc:  # a kernel without this family
        raise _cannot_listen(where, port, exc) from exc
    try:
        if sys.platform != "win32":  # there the same option lets another program take the port over
            listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        raise _cannot_listen(where, port, exc) from exc
    return listener


def _cannot_listen(where: str, port: int, exc: OSError) -> ConfigError:
    hint = None
    if exc.errno == errno.EADDRINUSE:
        hint = (
            "another program listens there; --listen names another port, 0 takes a free one"
            if port
            else "every port that programs are given is in use: end what holds them"
        )
    return ConfigError(f"can't listen on {where}: {(exc.strerror or 'error').lower()}", hint=hint)


def listen_on_loopback() -> tuple[str, _socket.socket]:
    """Listen where only this machine can reach us: on 127.0.0.1, or on ::1 where there is no IPv4.

    Raises:
        ConfigError: there is no loopback address at all.
    """
    try:
        return LOOPBACK, listen(LOOPBACK)
    except ConfigError as exc:
        if not isinstance(exc.__cause__, OSError) or exc.__cause__.errno not in NO_FAMILY:
            raise
        try:
            return LOOPBACK_6, listen(LOOPBACK_6)
        except ConfigError:
            raise ConfigError(exc.message, hint="bring up the loopback interface: ip link set lo up") from exc


def as_socket(listener: _socket.socket) -> socket.socket:
    """Return the bare socket as the kind that asyncio needs."""
    import socket

    return socket.socket(fileno=listener.detach())


def format_address(address: str, port: int) -> str:
    """Return an address as it is written in a URL."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _is_address(text: str) -> bool:
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _socket.inet_pton(family, text)
        except (OSError, ValueError):  # ValueError: characters that no address has
            continue
        return True
    return False
