"""The words of the command line for what programs pass and call; see :mod:`pyvault.surface`."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Arguments of the Python interface, and what only the command line has.
_OPTIONS = {
    "allow_plaintext_source": "--allow-plaintext-source",
    "ask": "a terminal",
    "backend": "--backend",
    "create_keyfile": "pyvault vault init --keyfile",
    "create_vault": "pyvault add or pyvault vault init",
    "duration": "--duration",
    "federate": "--federate",
    "mfa_code": "--mfa-token",
    "no_session": "--no-session",
    "overwrite": "--force",
    "passphrase_fd": "--passphrase-fd",
    "refresh": "--refresh",
    "region": "--region",
    "sts_region": "--sts-region",
    "trust_endpoints": "--trust-endpoint",
    "verify": "--no-verify",
}
#: Options of the vault file that have a name of their own.
_OF_THE_FILE = {"slot": "--slot", "weak_passphrase": "--weak-passphrase"}
_COMMANDS = {"list()": "list", "put()": "add", "put_totp()": "add --totp", "rotate()": "rotate"}
#: What a command is advised with where no other switch is: to go on, and not to begin what has ended meanwhile.
_UNFLAGGED = {"rotate": ["--resume"]}


def worded(name: str, values: Mapping[str, object]) -> str | None:
    """Return how a person at the command line gives an argument, or does what a method does."""
    if name in _COMMANDS:
        return _command(_COMMANDS[name], values)
    if name == "options" and "value" in values:
        options = cast("Mapping[str, str]", values["value"])
        return " ".join(_backend_option(key, value) for key, value in options.items())
    option = _OPTIONS.get(name)
    return None if option is None else " ".join([option, *_shown(values.get("value"))])


def _command(command: str, values: Mapping[str, object]) -> str:
    flags = [f"--{name.replace('_', '-')}" for name in values if name != "profile"] or _UNFLAGGED.get(command, [])
    return f"'{' '.join(['pyvault', command, *flags, *_shown(values['profile'])])}'"


def _backend_option(key: str, value: str) -> str:
    if key not in _OF_THE_FILE:
        return f"--backend-option {key}={value}"
    return _OF_THE_FILE[key] if value == "true" else f"{_OF_THE_FILE[key]} {value}"


def _shown(value: object) -> list[str]:
    """Return a value as it is typed; that of a switch is the switch itself."""
    if value is None or isinstance(value, bool):
        return []
    if isinstance(value, list | tuple):
        return [str(each) for each in cast("list[object]", value)]
    return [f"'{value}'" if isinstance(value, PurePath) else str(value)]
