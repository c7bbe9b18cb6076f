"""The metadata address as an alias of this machine's loopback interface.

Needs an administrator. Programs are run by absolute path from the system's own
directories: this code runs as root for a user who may control PATH.

Source: ip-address(8); ifconfig(8) of macOS; "netsh interface ipv4" of Windows.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from pyvault.errors import ConfigError
from pyvault.record import Record

METADATA_ADDRESS = "169.254.169.254"
METADATA_PORT = 80

#: Marks the alias as ours, for the run after a crash. Up to 15 characters, which
#: have to begin with the interface.
LINUX_LABEL = "lo:pyvault"

SYSTEM_DIRECTORIES = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")


class AliasCommands(Record):
    """How a system adds and removes the alias; the first argument is one of the system's programs."""

    add: tuple[str, ...]
    remove: tuple[str, ...]


def alias_commands(platform: str) -> AliasCommands:
    """Return the commands for a system, named as in ``sys.platform``.

    Raises:
        ConfigError: the system is not supported.
    """
    if platform == "linux":
        # /32: a wider net would take the other link-local services (169.254.170.2) with it.
        address = (f"{METADATA_ADDRESS}/32", "dev", "lo")
        return AliasCommands(
            add=("ip", "address", "add", *address, "scope", "host", "label", LINUX_LABEL),
            remove=("ip", "address", "del", *address),
        )
    if platform == "darwin":
        return AliasCommands(
            add=("ifconfig", "lo0", "alias", METADATA_ADDRESS, "255.255.255.255"),
            remove=("ifconfig", "lo0", "-alias", METADATA_ADDRESS),
        )
    if platform == "win32":
        netsh = ("netsh", "interface", "ipv4")
        loopback = "Loopback Pseudo-Interface 1"
        return AliasCommands(
            add=(*netsh, "add", "address", loopback, METADATA_ADDRESS, "255.255.255.255"),
            remove=(*netsh, "delete", "address", loopback, METADATA_ADDRESS),
        )
    raise ConfigError(f"the metadata server is not supported on {platform!r}")


class AddressAlias:
    """The alias while it is needed.

    An existing one belongs to somebody else and stays, unless it carries our mark:
    then an earlier run crashed, and it is ours to remove.
    """

    def __init__(self, platform: str = sys.platform) -> None:
        self._commands = alias_commands(platform)
        self._platform = platform
        self._ours = False

    def add(self) -> None:
        """Add the alias, unless it is there already.

        Raises:
            ConfigError: the system refuses.
        """
        if is_local(METADATA_ADDRESS):
            self._ours = self._platform == "linux" and self._is_marked()
            return
        done = _run(self._commands.add)
        if done.returncode:
            reason = done.stderr.strip() or f"exit code {done.returncode}"
            raise ConfigError(f"can't add the address {METADATA_ADDRESS} to this machine: {reason}")
        self._ours = True

    def remove(self) -> None:
        """Remove the alias if it is ours; a second call does nothing."""
        if self._ours:
            self._ours = False
            _run(self._commands.remove)

    def _is_marked(self) -> bool:
        return LINUX_LABEL in _run(("ip", "address", "show", "to", METADATA_ADDRESS)).stdout.split()


def is_local(address: str) -> bool:
    """Return whether an IPv4 address is one of this machine's: only those can be bound."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def find_system_program(name: str) -> str:
    """Return the path of a program in the system's own directories.

    Raises:
        ConfigError: it is not there.
    """
    if sys.platform == "win32":
        return name  # CreateProcess looks into the system directory before PATH
    for directory in SYSTEM_DIRECTORIES:
        path = f"{directory}/{name}"
        if os.access(path, os.X_OK):
            return path
    raise ConfigError(f"the program {name!r} is not in any of the system directories")


def _run(argv: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [find_system_program(argv[0]), *argv[1:]],
        env={},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
