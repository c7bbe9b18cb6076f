"""The sections that a profile takes its values from, nearest first.

A profile's own section, then what ``include_profile`` leads to, then ``[default]``
and what that includes. Each key is taken from the first section that has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyvault.config.file import DEFAULT, composed
from pyvault.config.syntax import unquoted
from pyvault.errors import ProfileLoopError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.config.file import ConfigFile
    from pyvault.config.syntax import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One section on the way.

    Attributes:
        profile: whose section it is.
        origin: how ``explain`` calls it.
    """

    profile: str
    origin: str
    entries: Mapping[str, Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """All sections of a profile, nearest first.

    Attributes:
        missing: profiles that are included and have no section; no error, as in aws-vault.
        loop: set when ``include_profile`` leads back to itself.
    """

    found: tuple[Layer, ...]
    missing: tuple[str, ...] = ()
    loop: ProfileLoopError | None = None


def find_layers(config: ConfigFile, name: str) -> Layers:
    """Follow ``include_profile`` from a profile to ``[default]`` and beyond."""
    found: list[Layer] = []
    missing: list[str] = []
    visited: set[str] = set()
    chain: list[str] = []  # linked by include_profile, since the last silent step to [default]
    current, silent = name, False
    while True:
        if current in chain:
            path = " -> ".join([*chain, current])
            return Layers(found=tuple(found), loop=ProfileLoopError(f"include_profile goes in a circle: {path}"))
        if current in visited:  # only the silent step closed the ring: everything has been read
            break
        visited.add(current)
        chain.append(current)
        entries = config.find_profile(current)
        if entries is None and current not in {name, DEFAULT}:
            missing.append(current)
        if entries is not None:
            found.append(Layer(profile=current, origin=_origin(current, name, silent=silent), entries=entries))
        include = entries.get("include_profile") if entries is not None else None
        if include is not None and include.value:
            current, silent = composed(unquoted(include.value)), False
        elif DEFAULT not in visited:
            current, silent = DEFAULT, True
            chain = []
        else:
            break
    return Layers(found=tuple(found), missing=tuple(missing))


def _origin(section: str, name: str, *, silent: bool) -> str:
    if section == DEFAULT and (silent or section == name):
        return "[default]"
    return f"profile {section}" if section == name else f"include {section}"
