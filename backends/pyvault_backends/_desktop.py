"""Where the session bus is, and whether there is somebody before a screen. No library needed.

Source: the D-Bus Specification, "Server Addresses".
"""

from __future__ import annotations

import socket
from pathlib import Path

from pyvault.paths import current_environment

CALL_LIMIT = 10.0  # seconds for one call over the bus; it takes milliseconds
PROMPT_LIMIT = 120.0  # seconds for a human to find the window and type
CONNECT_LIMIT = 1.0  # seconds for one of several addresses
SOCKETS_ONLY = "a bus is reached by its socket (unix:path=, unix:abstract= or unix:runtime=yes)"


def bus_address() -> str | None:
    """Return the socket of the session bus, as ``connect`` takes it; None if there is none.

    Of several the first where somebody answers counts: a list is meant so, and a terminal
    multiplexer hands on the address of a login that has ended. Where nobody does,
    it is the first.
    """
    candidates = _candidates()
    if len(candidates) > 1:
        for address in candidates:
            if connect_problem(address) is None:
                return address
    return candidates[0] if candidates else None


def connect_problem(address: str) -> str | None:
    """Return why nobody answers at a socket; None if somebody does."""
    try:
        with socket.socket(socket.AF_UNIX) as trial:
            trial.settimeout(CONNECT_LIMIT)
            trial.connect(address)
    except (OSError, ValueError) as exc:  # ValueError: a NUL in a path
        return getattr(exc, "strerror", None) or type(exc).__name__
    return None


def no_bus_reason() -> tuple[str, str | None]:
    """Return why there is no address, and a hint where the usual one does not help."""
    variable = current_environment().get("DBUS_SESSION_BUS_ADDRESS", "")
    if not variable:
        return "there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set)", None
    # Other kinds (tcp, nonce-tcp, autolaunch, launchd ...) go over a network or start programs.
    kinds = dict.fromkeys(entry.partition(":")[0] for entry in variable.split(";") if entry)
    names = ", ".join("".join(char for char in kind if char.isprintable())[:20] for kind in kinds)
    return f"DBUS_SESSION_BUS_ADDRESS is of a kind that is not supported: {names}", SOCKETS_ONLY


def is_desktop() -> bool:
    """Return whether a prompt could be seen."""
    return bool(current_environment().get("DISPLAY") or current_environment().get("WAYLAND_DISPLAY"))


def _candidates() -> list[str]:
    """Return the sockets in the order in which they are tried."""
    sockets = (_socket_of(entry) for entry in current_environment().get("DBUS_SESSION_BUS_ADDRESS", "").split(";"))
    found = [address for address in sockets if address is not None]
    # systemd starts one per user and sets no variable in an SSH session.
    default = _default_socket()
    if default is not None and default.is_socket():
        found.append(str(default))
    return list(dict.fromkeys(found))


def _socket_of(entry: str) -> str | None:
    """Return the socket that one address of a list names; None if it is of another kind."""
    from urllib.parse import unquote

    transport, _, pairs = entry.partition(":")
    if transport != "unix":
        return None
    keys = {key: unquote(value) for key, _, value in (pair.partition("=") for pair in pairs.split(","))}
    if "path" in keys:
        return keys["path"]
    if "abstract" in keys:
        return f"\0{keys['abstract']}"
    if keys.get("runtime") == "yes" and (default := _default_socket()) is not None:
        return str(default)
    return None


def _default_socket() -> Path | None:
    runtime = current_environment().get("XDG_RUNTIME_DIR")
    return Path(runtime, "bus") if runtime else None
