"""The metadata address as an alias of this machine's loopback interface.

Needs an administrator. The programs are run by absolute path from the system's
own directories: this code runs as root for a user who may control PATH.

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

#: Marks the alias as ours, for the run after a crash. Up to 15 characters, and
#: it has to begin with the interface.
LINUX_LABEL = "lo:pyvault"

SYSTEM_DIRECTORIES = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")


class AliasCommands(Record):
    """How a system adds and removes the alias; the first word is looked up among the system's programs."""

    add: tuple[str, ...]
    remove: tuple[str, ...]


def alias_commands(platform: str) -> AliasCommands:
    """Give the commands for a system, named as ``sys.platform`` does.

    Raises:
        ConfigError: the system is none that we know.
    """
    if platform == "linux":
        # /32: a wider net would take the other link-local services (169.254.170.2) with it.
        where = (f"{METADATA_ADDRESS}/32", "dev", "lo")
        return AliasCommands(
            add=("ip", "address", "add", *where, "scope", "host", "label", LINUX_LABEL),
            remove=("ip", "address", "del", *where),
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
    raise ConfigError(f"there is no metadata server on {platform!r}")


class AddressAlias:
    """The alias while it is needed.

    One that was there before belongs to somebody else and stays, unless it
    carries our mark: then an earlier run crashed, and it is ours to remove.
    """

    def __init__(self, platform: str = sys.platform) -> None:
        self._commands = alias_commands(platform)
        self._platform = platform
        self._ours = False

    def add(self) -> None:
        """Add the alias; may be called when it is there.

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
        """Remove it if it is ours; a second time does nothing."""
        if self._ours:
            self._ours = False
            _run(self._commands.remove)

    def _is_marked(self) -> bool:
        return LINUX_LABEL in _run(("ip", "address", "show", "to", METADATA_ADDRESS)).stdout.split()


def is_local(address: str) -> bool:
    """Say whether an IPv4 address is one of this machine's: only such a one can be bound."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def find_system_program(name: str) -> str:
    """Find a program in the system's own directories.

    Raises:
        ConfigError: it is not there.
    """
    if sys.platform == "win32":
        return name  # CreateProcess looks into the system directory before PATH
    for directory in SYSTEM_DIRECTORIES:
        path = f"{directory}/{name}"
        if os.access(path, os.X_OK):
            return path
    raise ConfigError(f"this system has no program {name!r}")


def _run(words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [find_system_program(words[0]), *words[1:]],
        env={},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
