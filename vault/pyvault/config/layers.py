"""The sections that a profile takes its values from, nearest first.

A profile's own section, then what ``include_profile`` leads to, then ``[default]``
and what that includes. Each key is taken from the first section that has it. The
section of a profile is made of both files' sections of its name; the shared credentials
file wins key by key, as in botocore (``Session.full_config``).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pyvault.config.config_file import DEFAULT, nfc
from pyvault.config.syntax import unquoted
from pyvault.errors import ProfileLoopError
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.config.config_file import ConfigFile
    from pyvault.config.syntax import Entry

#: Values that a shell or AWS takes verbatim: their quotes and lines are part of them.
VERBATIM: Final = frozenset({"credential_process", "policy"})
_NOTHING: Final[Mapping[str, Entry]] = MappingProxyType({})


class Layer(Record):
    """One section.

    Attributes:
        profile: whose section it is.
        origin: how ``explain`` calls it.
        fallback: ``[default]``, or what it includes, for a profile that named neither.
    """

    profile: str
    origin: str
    entries: Mapping[str, Entry]
    fallback: bool = False

    def text(self, key: str) -> str:
        """Return the value of a key here; empty if it has none."""
        entry = self.entries.get(key)
        if entry is None:
            return ""
        return entry.value if key in VERBATIM else unquoted(entry.value)

    def label(self, key: str) -> str:
        """Return how a message names a key of this section: file, line, key and section."""
        entry = self.entries[key]
        section = "[default]" if self.origin == "[default]" else f"profile {self.profile!r}"
        return f'"{entry.path}", line {entry.line}: {key} of {section}'


class Layers(Record):
    """All sections of a profile, nearest first.

    Attributes:
        found: the first is the profile's own, and empty if it has none.
        missing: profiles that are included and have no section; no error, as in aws-vault.
        loop: set when ``include_profile`` leads back to itself.
    """

    found: tuple[Layer, ...]
    missing: tuple[str, ...] = ()
    loop: ProfileLoopError | None = None


def find_layers(config: ConfigFile, name: str, *, credentials_file: ConfigFile | None = None) -> Layers:
    """Follow ``include_profile`` from a profile to ``[default]`` and beyond."""
    found: list[Layer] = []
    missing: list[str] = []
    visited: set[str] = set()
    chain: list[str] = []  # linked by include_profile, since the last silent step to [default]
    current, silent, fallback = name, False, False
    while True:
        if current in chain:
            path = " -> ".join([*chain, current])
            return Layers(found=tuple(found), loop=ProfileLoopError(f"include_profile loop: {path}"))
        if current in visited:  # only the silent step closed the loop: everything has been read
            break
        visited.add(current)
        chain.append(current)
        entries = _find_section(config, credentials_file, current)
        if entries is None and current not in {name, DEFAULT}:
            missing.append(current)
        if entries is not None or current == name:
            origin = _origin(current, name, silent=silent)
            found.append(Layer(profile=current, origin=origin, entries=entries or _NOTHING, fallback=fallback))
        include = entries.get("include_profile") if entries is not None else None
        if include is not None and include.value:
            current, silent = nfc(unquoted(include.value)), False
        elif DEFAULT not in visited:
            current, silent, fallback = DEFAULT, True, True
            chain = []
        else:
            break
    return Layers(found=tuple(found), missing=tuple(missing))


def _find_section(config: ConfigFile, credentials_file: ConfigFile | None, name: str) -> Mapping[str, Entry] | None:
    """Return the merged entries of both files under a name; None if neither has such a section."""
    in_config = config.find_profile(name)
    shared = credentials_file.find_plain_section(name) if credentials_file is not None else None
    if in_config is None or shared is None:
        return in_config if shared is None else shared
    return MappingProxyType(
        {**in_config, **{key: entry for key, entry in shared.items() if entry.value or entry.nested}}
    )


def _origin(section: str, name: str, *, silent: bool) -> str:
    if section == DEFAULT and (silent or section == name):
        return "[default]"
    return f"profile {section}" if section == name else f"include {section}"
