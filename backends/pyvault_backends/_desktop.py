"""Where the session bus is, and whether there is somebody before a screen. No library needed."""

from __future__ import annotations

import os
from pathlib import Path

CALL_LIMIT = 10.0  # seconds for one call over the bus; it takes milliseconds
PROMPT_LIMIT = 120.0  # seconds for a human to find the window and type


def bus_address() -> str | None:
    """Give the socket of the session bus, as ``connect`` takes it; None if there is none."""
    for entry in os.environ.get("DBUS_SESSION_BUS_ADDRESS", "").split(";"):
        transport, _, pairs = entry.partition(":")
        keys = {key: value for key, _, value in (pair.partition("=") for pair in pairs.split(","))}
        if transport == "unix" and "path" in keys:
            return keys["path"]
        if transport == "unix" and "abstract" in keys:
            return f"\0{keys['abstract']}"
    # systemd starts one per user and sets no variable in an SSH session.
    usual = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"), "bus")
    return str(usual) if usual.is_socket() else None


def is_desktop() -> bool:
    """Say whether a prompt could be seen."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
