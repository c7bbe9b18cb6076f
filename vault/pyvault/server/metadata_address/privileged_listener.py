"""Get the socket that listens at the metadata address, through sudo if needed."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError
from pyvault.record import Record
from pyvault.server.metadata_address.address_alias import METADATA_ADDRESS, METADATA_PORT
from pyvault.server.metadata_address.address_owner import FAILED, READY

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Where systems keep sudo, owned by root. PATH is not used: it is the user's, and
#: whatever is found there would get the user's password.
SUDO_PATHS = ("/usr/bin/sudo", "/bin/sudo", "/usr/local/bin/sudo", "/run/wrappers/bin/sudo")

MAX_MESSAGE = 4096
PROBE_SECONDS = 0.3  # a machine in a cloud reaches its metadata service within a millisecond


class PrivilegedListener(Record):
    """The metadata address, ours while *control* is open.

    Attributes:
        listener: listens at 169.254.169.254:80.
        control: closing it removes the address again.
    """

    listener: socket.socket
    control: socket.socket


def proxy_argv() -> list[str]:
    """Return the command that owns the address: this interpreter, isolated from the user's settings.

    In a frozen program its executable is the program itself, and reads no settings of an interpreter.
    """
    program = os.path.abspath(sys.executable)  # noqa: PTH100 - not resolved: a venv is found by this path
    return [program, "proxy"] if getattr(sys, "frozen", False) else [program, "-I", "-m", "pyvault_cli", "proxy"]


def as_root(argv: Sequence[str], *, sudo_paths: Sequence[str] = SUDO_PATHS) -> list[str]:
    """Put sudo before a command, unless we are root.

    Raises:
        ConfigError: there is no sudo.
    """
    if os.geteuid() == 0:
        return list(argv)
    for path in sudo_paths:
        if os.access(path, os.X_OK):
            return [path, "--", *argv]
    raise ConfigError("the metadata address needs root, and sudo was not found")


def open_privileged_listener(argv: Sequence[str]) -> PrivilegedListener:
    """Start the proxy and receive its socket; sudo may ask for a password at the terminal.

    Args:
        argv: from :func:`as_root`.

    Raises:
        ConfigError: another program has the address, or the proxy could not be started.
    """
    if _is_answered():
        raise ConfigError(f"another metadata service already answers at {METADATA_ADDRESS}:{METADATA_PORT}")
    ours, theirs = socket.socketpair()
    with theirs:
        _start(argv, theirs)
    message, descriptors, _flags, _address = socket.recv_fds(ours, MAX_MESSAGE, 1)
    for descriptor in descriptors:  # those of recv_fds are inheritable: the program would own the address
        os.set_inheritable(descriptor, False)
    if message == READY and len(descriptors) == 1:
        return PrivilegedListener(listener=socket.socket(fileno=descriptors[0]), control=ours)
    ours.close()
    if message.startswith(FAILED):
        raise ConfigError(message[len(FAILED) :].decode())
    raise ConfigError(f"the helper that listens on {METADATA_ADDRESS}:{METADATA_PORT} was not started")


def _is_answered() -> bool:
    """Return whether there is one already: of the cloud this machine runs in, or another server."""
    try:
        socket.create_connection((METADATA_ADDRESS, METADATA_PORT), timeout=PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def _start(argv: Sequence[str], control: socket.socket) -> None:
    """Start the proxy as nobody's child, or it would be one of the program that we become."""
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        return
    try:
        os.dup2(control.fileno(), 0)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        if os.fork() == 0:
            os.execve(argv[0], list(argv), {})  # noqa: S606 - no shell, no environment: it becomes root
    finally:
        os._exit(127)
